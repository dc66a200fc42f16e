/// Makes keys that no other namespace shares.
///
/// ```
/// let users = simd_r_drive::utils::NamespaceHasher::new(b"users");
/// assert_eq!(users.namespace(b"42").len(), 16);
/// ```
pub struct NamespaceHasher {
    namespace: Box<[u8]>,
}

impl NamespaceHasher {
    /// For the namespace of this name.
    pub fn new(prefix: &[u8]) -> Self {
        Self { namespace: prefix.into() }
    }

    /// The hash of the namespace and that of the key: 16 bytes.
    pub fn namespace(&self, key: &[u8]) -> Vec<u8> {
        simdr::namespaced_key(&self.namespace, key).to_vec()
    }
}
