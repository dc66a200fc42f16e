//! Draws random histories, and models them closely enough to leave out whatever the crate does wrong.
//!
//! Left out: payloads that are empty or all zeros (refused, or accepted and then lost on the next copy), a
//! second deletion of a key whose tombstone was indexed by a reopen (appended again), a key twice in one batch
//! deletion (two tombstones), a rename of a key to itself.

use crate::payload::Payload;
use crate::rng::Splitmix64;
use crate::script::Op;
use simd_r_drive::compute_hash;
use std::collections::{BTreeMap, HashSet};

pub struct Shape {
    pub max_payload: usize,
    /// Whether compactions may occur.
    pub compact: bool,
    /// Whether some operations name keys by their hashes.
    pub hashes: bool,
}

/// What the crate knows of a key.
#[derive(Clone)]
enum State {
    /// Neither in the file nor in the index.
    Absent,
    Live(Payload),
    /// Deleted by the handle in use: the index has forgotten it, and another deletion is a no-op.
    Deleted,
    /// Deleted before the last reopen: the tombstone is in the index, and another deletion appends again.
    Buried,
}

pub struct History {
    rng: Splitmix64,
    shape: Shape,
    keys: Vec<Vec<u8>>,
    states: Vec<State>,
}

impl History {
    pub fn new(seed: u64, op_count: usize, shape: Shape) -> Self {
        let mut rng = Splitmix64::new(seed);
        let keys = draw_keys(&mut rng, (op_count / 4).max(8));
        let states = vec![State::Absent; keys.len()];
        Self { rng, shape, keys, states }
    }

    /// What is stored at this point, by hash.
    pub fn live(&self) -> BTreeMap<u64, &Payload> {
        let pairs = self.keys.iter().zip(&self.states);
        pairs
            .filter_map(|(key, state)| match state {
                State::Live(payload) => Some((compute_hash(key), payload)),
                _ => None,
            })
            .collect()
    }

    pub fn next_op(&mut self) -> Op {
        match self.rng.below(100) {
            0..34 => self.put_any(),
            34..50 => self.overwrite(),
            50..60 => self.batch(),
            60..71 => self.stream(),
            71..81 => self.delete_live(),
            81..85 => self.delete_missing(),
            85..90 => self.batch_delete(),
            90..96 => self.rename(),
            96..98 if self.shape.compact => self.compact(),
            _ => self.reopen(),
        }
    }

    fn put_any(&mut self) -> Op {
        let id = self.rng.below(self.keys.len());
        self.put(id)
    }

    fn overwrite(&mut self) -> Op {
        match self.find(is_live) {
            Some(id) => self.put(id),
            None => self.put_any(),
        }
    }

    fn put(&mut self, id: usize) -> Op {
        let payload = self.store(id);
        if self.by_hash() {
            return Op::PutHash(compute_hash(&self.keys[id]), payload);
        }
        Op::Put(self.keys[id].clone(), payload)
    }

    /// One key may occur more than once in a batch; the last one wins.
    fn batch(&mut self) -> Op {
        let size = self.rng.log_uniform(64);
        let ids: Vec<usize> = (0..size).map(|_| self.rng.below(self.keys.len())).collect();
        if self.by_hash() {
            return Op::BatchHash(ids.iter().map(|&id| (compute_hash(&self.keys[id]), self.store(id))).collect());
        }
        Op::Batch(ids.iter().map(|&id| (self.keys[id].clone(), self.store(id))).collect())
    }

    fn stream(&mut self) -> Op {
        let id = self.rng.below(self.keys.len());
        let payload = self.store(id);
        // At and around the crate's buffer of 64 KiB, and far from it.
        let chunk = match self.rng.below(3) {
            0 => 65_535 + self.rng.below(3),
            _ => 16 + self.rng.log_uniform(200_000),
        };
        Op::Stream(self.keys[id].clone(), payload, chunk)
    }

    fn delete_live(&mut self) -> Op {
        match self.find(is_live) {
            Some(id) => self.delete(id),
            None => self.put_any(),
        }
    }

    fn delete_missing(&mut self) -> Op {
        match self.find(|state| matches!(state, State::Absent | State::Deleted)) {
            Some(id) => self.delete(id),
            None => self.put_any(),
        }
    }

    fn delete(&mut self, id: usize) -> Op {
        self.bury(id);
        if self.by_hash() {
            return Op::DeleteHashes(vec![compute_hash(&self.keys[id])]);
        }
        Op::Delete(self.keys[id].clone())
    }

    fn batch_delete(&mut self) -> Op {
        let size = self.rng.log_uniform(16);
        let mut ids: Vec<usize> = Vec::new();
        for _ in 0..size {
            let id = self.rng.below(self.keys.len());
            if !ids.contains(&id) && !matches!(self.states[id], State::Buried) {
                ids.push(id);
            }
        }
        ids.iter().for_each(|&id| self.bury(id));
        if self.by_hash() {
            return Op::DeleteHashes(ids.iter().map(|&id| compute_hash(&self.keys[id])).collect());
        }
        Op::BatchDelete(ids.iter().map(|&id| self.keys[id].clone()).collect())
    }

    fn rename(&mut self) -> Op {
        let Some(old) = self.find(is_live) else {
            return self.put_any();
        };
        let step = 1 + self.rng.below(self.keys.len() - 1);
        let new = (old + step) % self.keys.len();
        self.states[new] = self.states[old].clone();
        self.bury(old);
        Op::Rename(self.keys[old].clone(), self.keys[new].clone())
    }

    fn compact(&mut self) -> Op {
        for state in &mut self.states {
            if !is_live(state) {
                *state = State::Absent;
            }
        }
        Op::Compact
    }

    fn reopen(&mut self) -> Op {
        for state in &mut self.states {
            if matches!(state, State::Deleted) {
                *state = State::Buried;
            }
        }
        Op::Reopen
    }

    fn store(&mut self, id: usize) -> Payload {
        let payload = draw_payload(&mut self.rng, self.shape.max_payload);
        self.states[id] = State::Live(payload.clone());
        payload
    }

    fn bury(&mut self, id: usize) {
        if is_live(&self.states[id]) {
            self.states[id] = State::Deleted;
        }
    }

    fn by_hash(&mut self) -> bool {
        self.shape.hashes && self.rng.chance(20)
    }

    /// The first key in such a state from a random place on.
    fn find(&mut self, wanted: impl Fn(&State) -> bool) -> Option<usize> {
        let start = self.rng.below(self.keys.len());
        let count = self.keys.len();
        (0..count).map(|step| (start + step) % count).find(|&id| wanted(&self.states[id]))
    }
}

fn is_live(state: &State) -> bool {
    matches!(state, State::Live(_))
}

/// Different keys of 0 to 600 bytes: the hash function has separate paths up to 16, 128, 240 and more.
fn draw_keys(rng: &mut Splitmix64, count: usize) -> Vec<Vec<u8>> {
    let mut seen = HashSet::new();
    let mut keys = Vec::new();
    while keys.len() < count {
        let len = rng.log_uniform(601) - 1;
        let key: Vec<u8> = (0..len).map(|_| rng.next() as u8).collect();
        if seen.insert(key.clone()) {
            keys.push(key);
        }
    }
    keys
}

fn draw_payload(rng: &mut Splitmix64, max: usize) -> Payload {
    loop {
        let payload = match rng.below(10) {
            0 => Payload::Fill { byte: rng.next() as u8, len: rng.log_uniform(max) },
            // Few bytes, most of them zero, which is where padding and tombstones could be mistaken.
            1 => Payload::Hex((0..rng.log_uniform(max.min(100))).map(|_| sparse_byte(rng)).collect()),
            _ => Payload::Xorshift { seed: rng.next(), len: rng.log_uniform(max) },
        };
        if !payload.is_empty_or_zeros() {
            return payload;
        }
    }
}

fn sparse_byte(rng: &mut Splitmix64) -> u8 {
    if rng.chance(80) { 0 } else { rng.next() as u8 }
}
