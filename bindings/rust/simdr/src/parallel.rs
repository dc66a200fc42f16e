//! Parallel iteration by rayon.

use crate::{Entry, Result, Snapshot, Store, View};
use rayon::prelude::*;

impl<'a> IntoParallelIterator for &'a Snapshot<'_> {
    type Item = View<'a>;
    type Iter = rayon::iter::Copied<rayon::slice::Iter<'a, View<'a>>>;

    fn into_par_iter(self) -> Self::Iter {
        self.as_slice().par_iter().copied()
    }
}

impl Store {
    /// The live entries as they are now, as handles of their own, which are all taken first. A [`Snapshot`] needs less and is as parallel.
    pub fn par_iter(&self) -> Result<rayon::vec::IntoIter<Entry>> {
        Ok(self.iter().collect::<Result<Vec<Entry>>>()?.into_par_iter())
    }
}
