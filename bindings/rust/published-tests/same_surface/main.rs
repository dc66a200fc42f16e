//! What compiles against simd-r-drive compiles against the facade: the same text is compiled against both.

/// The facade, called as its users call it.
mod facade {
    use simd_r_drive as it;
    include!("surface.rs");
}

mod original {
    use original as it;
    include!("surface.rs");
}

#[test]
fn the_facade_has_the_names_and_signatures_of_the_crate() {
    facade::names_and_signatures();
    original::names_and_signatures();
}

#[test]
fn implementations_of_the_asynchronous_traits_fit() {
    assert_eq!(facade::answers_of_the_asynchronous_traits(), original::answers_of_the_asynchronous_traits());
}

#[test]
fn helpers_give_what_those_of_the_crate_give() {
    assert_eq!(facade::helpers(), original::helpers());
}

#[test]
fn the_two_write_the_same_files_and_read_each_others() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours.bin"), folder.path().join("theirs.bin"));
    let told = (facade::write_some(&ours), original::write_some(&theirs));
    assert_eq!(told.0, told.1);
    assert_eq!(std::fs::read(&ours).unwrap(), std::fs::read(&theirs).unwrap());
    assert_eq!(facade::read_all(&theirs), original::read_all(&ours));
}
