use crate::temp::new_store;
use simdr::Store;
use std::sync::Arc;
use std::thread;

const PER_THREAD: u32 = 500;

fn key(thread: u32, i: u32) -> String {
    format!("{thread}/{i}")
}

#[test]
fn threads_write_and_read_one_store() {
    let (_folder, store) = new_store();
    thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for i in 0..PER_THREAD {
                    store.put(&key(thread, i), key(thread, i)).unwrap();
                    // What a thread wrote it finds, whatever the others do.
                    assert_eq!(store.get(&key(thread, i)).unwrap().unwrap(), key(thread, i));
                }
            });
        }
    });
    assert_eq!(store.len(), 4 * u64::from(PER_THREAD));
}

#[test]
fn readers_go_on_beside_a_writer_and_compactions() {
    let (_folder, store) = new_store();
    store.put("stable", "value").unwrap();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    assert_eq!(store.get("stable").unwrap().unwrap(), "value");
                    assert!(store.iter().all(|entry| entry.unwrap().checksum_ok()));
                }
            });
        }
        scope.spawn(|| {
            for i in 0..200u32 {
                store.put("changing", i.to_le_bytes()).unwrap();
                if i % 50 == 49 {
                    store.compact().unwrap();
                }
            }
        });
    });
}

#[test]
fn entries_are_dropped_on_other_threads_and_after_the_store() {
    let (_folder, store) = new_store();
    let store = Arc::new(store);
    store.put("key", vec![9; 100]).unwrap();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let store: Arc<Store> = Arc::clone(&store);
            thread::spawn(move || (0..100).map(|_| store.get("key").unwrap().unwrap()).collect::<Vec<_>>())
        })
        .collect();
    let entries: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    Arc::into_inner(store).expect("the threads are done").close().unwrap();
    assert!(entries.iter().all(|entry| **entry == [9; 100]));
}
