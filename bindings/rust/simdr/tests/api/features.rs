#[cfg(feature = "bytes")]
mod with_bytes {
    use crate::temp::new_store;
    use bytes::{Buf, Bytes};

    #[test]
    fn bytes_of_an_entry_are_its_own_and_outlive_the_store() {
        let (_folder, store) = new_store();
        store.put("key", "hello, world").unwrap();
        let entry = store.get("key").unwrap().unwrap();
        let address = entry.as_slice().as_ptr();
        let bytes = Bytes::from(entry);
        assert_eq!(bytes.as_ptr(), address);
        let mut tail = bytes.slice(7..);
        drop(bytes);
        store.close().unwrap();
        assert_eq!(tail, "world");
        assert_eq!(tail.get_u8(), b'w');
        assert_eq!(std::thread::spawn(move || tail).join().unwrap(), "orld");
    }
}

#[cfg(feature = "rayon")]
mod with_rayon {
    use crate::temp::new_store;
    use rayon::prelude::*;

    fn number(bytes: &[u8]) -> u64 {
        u64::from_le_bytes(bytes.try_into().unwrap())
    }

    #[test]
    fn a_snapshot_is_a_parallel_iterator() {
        let (_folder, store) = new_store();
        let pairs: Vec<(String, [u8; 8])> = (0..5000u64).map(|i| (format!("{i}"), (i + 1).to_le_bytes())).collect();
        store.put_many(&pairs).unwrap();
        let snapshot = store.snapshot().unwrap();
        let sum: u64 = snapshot.par_iter().map(|view| number(&view)).sum();
        assert_eq!(sum, 5000 * 5001 / 2);
        let in_order: Vec<u64> = snapshot.par_iter().map(|view| number(&view)).collect();
        assert!(in_order.iter().eq(&(1..=5000).rev().collect::<Vec<_>>()));
    }

    #[test]
    fn entries_of_a_parallel_iterator_may_be_kept() {
        let (_folder, store) = new_store();
        store.put_many(&[("a", "1"), ("b", "2"), ("c", "3")]).unwrap();
        let kept: Vec<simdr::Entry> = store.par_iter().unwrap().filter(|entry| entry != "2").collect();
        store.close().unwrap();
        assert_eq!(kept.len(), 2);
        assert_eq!(kept[0], "3");
    }
}
