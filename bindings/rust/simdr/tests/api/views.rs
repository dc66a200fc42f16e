use crate::temp::new_store;
use simdr::{KeyHash, Status};
use std::ops::ControlFlow;

#[test]
fn views_are_the_bytes_of_the_entries() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "22")]).unwrap();
    let views = store.views();
    let view = views.get("b").unwrap().unwrap();
    assert_eq!(view, "22");
    assert_eq!(view.as_slice().as_ptr(), store.get("b").unwrap().unwrap().as_slice().as_ptr());
    assert_eq!(view.key_hash(), KeyHash::of("b"));
    assert_eq!(view.payload_offset(), store.info("b").unwrap().unwrap().payload_offset);
    assert_eq!(view.checksum(), store.get("b").unwrap().unwrap().checksum());
    assert!(views.get(KeyHash(5)).unwrap().is_none());
    let many = views.get_many(&["a", "x", "b"]).unwrap();
    assert_eq!(many[0].unwrap(), "1");
    assert!(many[1].is_none());
    assert_eq!(many[2].unwrap(), "22");
    assert_eq!(views.get_many_hashed(&[KeyHash::of("a")]).unwrap()[0].unwrap(), "1");
}

#[test]
fn a_view_stays_through_later_writes() {
    let (_folder, store) = new_store();
    store.put("key", "old").unwrap();
    let views = store.views();
    let old = views.get("key").unwrap().unwrap();
    store.put("key", "new").unwrap();
    store.put("big", vec![1; 10 << 20]).unwrap();
    assert_eq!(old, "old");
    assert_eq!(views.get("key").unwrap().unwrap(), "new");
}

#[test]
fn a_store_is_not_compacted_under_its_views() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let views = store.views();
    let view = views.get("key").unwrap().unwrap();
    let refused = store.compact().unwrap_err();
    assert_eq!(refused.status(), Status::BAD_STATE);
    assert!(refused.to_string().contains("views"), "{refused}");
    assert_eq!(view, "value");
    drop(views);
    store.compact().unwrap();
    assert_eq!(store.views().get("key").unwrap().unwrap(), "value");
}

#[test]
fn views_in_the_progress_of_a_compaction_are_refused_and_do_not_wait_for_it() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let mut kept = None;
    let flow = store.compact_with(|_, _| {
        let views = store.views();
        assert_eq!(views.get("key").unwrap_err().status(), Status::BAD_STATE);
        assert_eq!(views.get_many(&["key"]).unwrap_err().status(), Status::BAD_STATE);
        assert_eq!(views.get_many_hashed(&[KeyHash::of("key")]).unwrap_err().status(), Status::BAD_STATE);
        assert_eq!(store.get("key").unwrap().unwrap(), "value");
        let nested = store.compact().unwrap_err();
        assert_eq!(nested.status(), Status::BAD_STATE);
        assert!(nested.to_string().contains("compacted already"), "{nested}");
        kept = Some(views);
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    let kept = kept.expect("there is progress to be told");
    assert_eq!(kept.get("key").unwrap_err().status(), Status::BAD_STATE);
    assert_eq!(store.views().get("key").unwrap().unwrap(), "value");
    store.compact().unwrap();
}

#[test]
fn views_of_another_store_are_given_in_the_progress_of_a_compaction() {
    let (_folder, store) = new_store();
    let (_other_folder, other) = new_store();
    store.put("key", "value").unwrap();
    other.put("key", "other").unwrap();
    let flow = store.compact_with(|_, _| {
        assert_eq!(other.views().get("key").unwrap().unwrap(), "other");
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
}

#[test]
fn views_are_shared_between_threads() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let views = store.views();
    let view = views.get("key").unwrap().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(views.get("key").unwrap().unwrap(), view));
    });
}
