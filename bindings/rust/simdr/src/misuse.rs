//! What the compiler refuses, as tests of the documentation: each must not compile, for the reason that its code names.
//!
//! A close ends every use, the close itself included:
//! ```compile_fail,E0382
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! store.close()?;
//! store.put("key", "value")?;
//! # Ok(()) }
//! ```
//! ```compile_fail,E0382
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! store.close()?;
//! store.close()?;
//! # Ok(()) }
//! ```
//! Iterators, snapshots, views, writers and reservations end before it:
//! ```compile_fail,E0505
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! let mut entries = store.iter();
//! store.close()?;
//! entries.next();
//! # Ok(()) }
//! ```
//! ```compile_fail,E0505
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! let snapshot = store.snapshot()?;
//! drop(store);
//! snapshot.len();
//! # Ok(()) }
//! ```
//! ```compile_fail,E0505
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! let views = store.views();
//! store.close()?;
//! views.get("key")?;
//! # Ok(()) }
//! ```
//! ```compile_fail,E0505
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! let writer = store.writer("key")?;
//! store.close()?;
//! writer.commit()?;
//! # Ok(()) }
//! ```
//! ```compile_fail,E0505
//! # fn f(store: simdr::Store) -> Result<(), simdr::Error> {
//! let room = store.reserve("key", 10)?;
//! store.close()?;
//! room.commit()?;
//! # Ok(()) }
//! ```
//! A commit is the last use of a writer and of a reservation:
//! ```compile_fail,E0382
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let mut room = store.reserve("key", 10)?;
//! room.commit()?;
//! room[0] = 1;
//! # Ok(()) }
//! ```
//! ```compile_fail,E0382
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let writer = store.writer("key")?;
//! writer.commit()?;
//! writer.commit()?;
//! # Ok(()) }
//! ```
//! What is borrowed does not outlive what it is borrowed from:
//! ```compile_fail,E0597
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let view = {
//!     let views = store.views();
//!     views.get("key")?.unwrap()
//! };
//! assert_eq!(view, "value");
//! # Ok(()) }
//! ```
//! ```compile_fail,E0505
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let entry = store.get("key")?.unwrap();
//! let bytes: &[u8] = &entry;
//! drop(entry);
//! assert_eq!(bytes, b"value");
//! # Ok(()) }
//! ```
//! ```compile_fail,E0521
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let kept = std::sync::Mutex::new(Vec::new());
//! store.for_each(1, |view| {
//!     kept.lock().unwrap().push(view.as_slice());
//!     std::ops::ControlFlow::Continue(())
//! })?;
//! # Ok(()) }
//! ```
//! Stored bytes are not written to:
//! ```compile_fail,E0594
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let mut entry = store.get("key")?.unwrap();
//! entry[0] = 1;
//! # Ok(()) }
//! ```
//! Writers belong to one thread at a time:
//! ```compile_fail,E0277
//! # fn f(store: &simdr::Store) -> Result<(), simdr::Error> {
//! let writer = store.writer("key")?;
//! std::thread::scope(|scope| {
//!     scope.spawn(|| format!("{:?}", &writer));
//! });
//! # Ok(()) }
//! ```
