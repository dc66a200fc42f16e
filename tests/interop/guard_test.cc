// The standing guard, as the crate sees it: a file that our writer has open, or had open when it was killed, shows the crate all
// committed entries and one more, under the reserved hash; and what the crate then appends, ours finds.
//   SIMDR_KILLS  how many writers each of the two tests kills (60)
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "files.h"
#include "generator.h"
#include "oracle.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

constexpr std::size_t kMaxOps = 400;  // of a writer that is to be killed

simdr_open_options writer_options(std::uint64_t seed) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  if (seed % 3 == 1) options.window_size = 64 << 10;
  if (seed % 4 == 2) options.flags = SIMDR_OPEN_DIRECT_WRITES;
  return options;
}

Rules writer_rules(std::uint64_t seed) {
  Rules rules = Rules::everything();
  if (seed % 4 == 3) rules.max_payload = 300000;
  return rules;
}

std::uint64_t kill_count() {
  const char* text = std::getenv("SIMDR_KILLS");
  return text == nullptr ? 60 : number(text).value_or(60);
}

// Takes the phantoms out of what the crate found and counts them.
std::size_t take_phantoms(State& state) {
  return std::erase_if(state.entries, [](const LiveEntry& entry) { return entry.hash == SIMDR_RESERVED_KEY_HASH; });
}

// The crate opens `file`, which it must not change, and finds the model, and a phantom when the file goes on after its tail.
void crate_finds(Oracle& oracle, const std::string& file, const Model& model, std::uint64_t tail) {
  const std::string before = read_file(file);
  State found = state_in_dump(oracle.dump(file));
  EXPECT_EQ(take_phantoms(found), before.size() > tail ? 1u : 0u) << before.size() << " bytes, the tail at " << tail;
  EXPECT_TRUE(holds(found, model));
  EXPECT_EQ(found.file_size, before.size());
  EXPECT_TRUE(read_file(file) == before) << "opening by the crate changed the file";
}

// Ours shows no trace of a phantom, wherever in the chain it is.
void no_phantom_in(const simdr_store* store) {
  simdr_error err{};
  simdr_entry* entry = nullptr;
  EXPECT_EQ(simdr_store_get_hashed(store, SIMDR_RESERVED_KEY_HASH, &entry, &err), SIMDR_NOT_FOUND);
  simdr_view view{};
  EXPECT_EQ(simdr_store_view_hashed(store, SIMDR_RESERVED_KEY_HASH, &view, &err), SIMDR_NOT_FOUND);
  int exists = 1;
  EXPECT_EQ(simdr_store_exists_hashed(store, SIMDR_RESERVED_KEY_HASH, &exists, &err), SIMDR_OK);
  EXPECT_EQ(exists, 0);
  simdr_iterator* iterator = nullptr;
  ASSERT_EQ(simdr_iterator_open(store, SIMDR_ITERATE_ALL_VERSIONS, &iterator, &err), SIMDR_OK);
  while (simdr_iterator_next(iterator, &entry, &err) == SIMDR_OK) {
    EXPECT_NE(simdr_entry_key_hash(entry), SIMDR_RESERVED_KEY_HASH);
    simdr_entry_unref(entry);
  }
  simdr_iterator_free(iterator);
}

// The crate appends to a file that still has our guard. Ours finds everything, and compaction drops the phantom.
void goes_on_after_the_crate(Oracle& oracle, const std::string& file, Generator generator) {
  History history;
  for (std::size_t i = 0; i < 15; ++i) {
    simdr_status wanted = SIMDR_OK;
    Rules rules = Rules::of_the_crate();
    rules.compact = i == 10;  // which takes the phantom along, as an entry like any other
    history.push_back(generator.next(rules, &wanted));
  }
  for (const std::string& line : oracle.apply(file, history)) {
    EXPECT_FALSE(line.starts_with("panic")) << line;
  }
  const Model& model = generator.model();
  Session session(file);
  EXPECT_EQ(simdr_store_recovered_from(session.store()), nullptr);
  EXPECT_TRUE(holds(state_of(session.store()), model));
  EXPECT_TRUE(agrees(session.store(), model, generator.keys()));
  no_phantom_in(session.store());
  simdr_error err{};
  ASSERT_EQ(simdr_store_compact(session.store(), nullptr, &err), SIMDR_OK) << err.message;
  session.close();
  State compacted = state_in_dump(oracle.dump(file));
  EXPECT_EQ(take_phantoms(compacted), 0u);
  EXPECT_EQ(compacted.count, model.count());
  Model turned = model;
  Op compact;
  compact.verb = Verb::kCompact;
  turned.apply(compact);
  EXPECT_TRUE(holds(compacted, turned));
}

TEST(GuardTest, TheCrateReadsWhatOurOpenWriterCommitted) {
  SIMDR_NEEDS_ORACLE(oracle);
  std::size_t guarded = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TempDir folder(TempDir::Place::kMemory);
    const std::string file = folder.file("store");
    const std::string copy = folder.file("copy");
    Generator generator(seed, 30);
    Session session(file, writer_options(seed));
    for (std::size_t i = 0; i < 60; ++i) {
      simdr_status wanted = SIMDR_OK;
      const Op op = generator.next(writer_rules(seed), &wanted);
      ASSERT_EQ(session.run(op).status, wanted) << op.text().substr(0, 200);
      if (i % 6 != 5) continue;
      const std::string bytes = read_file(file);
      write_file(copy, bytes);
      const std::uint64_t tail = simdr_store_file_size(session.store());
      if (bytes.size() > tail) ++guarded;
      crate_finds(*oracle, copy, generator.model(), tail);
      if (i % 12 == 11) goes_on_after_the_crate(*oracle, copy, generator);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(guarded, 200u);  // else this test looked at closed files
}

// Writes until it is killed. One byte goes to the pipe after each operation: 1, or 0 when the outcome was wrong.
[[noreturn]] void write_for_ever(const std::string& file, std::uint64_t seed, int acknowledge) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(60);
  Generator generator(seed, 30);
  Random random(seed);
  Session session(file, writer_options(seed));
  for (std::size_t i = 0; i < kMaxOps; ++i) {
    simdr_status wanted = SIMDR_OK;
    const Op op = generator.next(writer_rules(seed), &wanted);
    const auto durability = static_cast<std::uint32_t>(random.below(4));
    const char good = session.run(op, durability).status == wanted ? 1 : 0;
    if (write(acknowledge, &good, 1) != 1) _exit(1);
  }
  for (;;) pause();
}

// How many operations were acknowledged before the writer was killed; -1 when one of them had the wrong outcome.
int kill_a_writer(const std::string& file, std::uint64_t seed) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    write_for_ever(file, seed, ends[1]);
  }
  close(ends[1]);
  Random random(seed * 7919);
  const std::size_t patience = random.log_uniform(kMaxOps - 1);
  int acknowledged = 0;
  bool good = true;
  char byte;
  while (static_cast<std::size_t>(acknowledged) < patience && read(ends[0], &byte, 1) == 1) {
    ++acknowledged;
    good = good && byte == 1;
  }
  usleep(static_cast<useconds_t>(random.below(1500)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  while (read(ends[0], &byte, 1) == 1) {
    ++acknowledged;
    good = good && byte == 1;
  }
  close(ends[0]);
  return good ? acknowledged : -1;
}

// What is acknowledged is there; of the operation that was under way, all or nothing.
void killed_at_any_instant(Oracle* oracle, std::uint64_t seed) {
  const TempDir folder(TempDir::Place::kMemory);
  const std::string file = folder.file("store");
  const std::string copy = folder.file("copy");
  const int acknowledged = kill_a_writer(file, seed);
  ASSERT_GE(acknowledged, 1);
  SCOPED_TRACE("seed " + std::to_string(seed) + ", killed after operation " + std::to_string(acknowledged));
  Generator generator(seed, 30);
  simdr_status wanted = SIMDR_OK;
  for (int i = 0; i < acknowledged; ++i) generator.next(writer_rules(seed), &wanted);
  const std::string bytes = read_file(file);
  std::uint64_t tail = 0;
  {
    const Session session(file, opened_as(SIMDR_OPEN_READ_ONLY));
    tail = simdr_store_file_size(session.store());
    const State found = state_of(session.store());
    if (!holds(found, generator.model()))
      generator.next(writer_rules(seed), &wanted);  // it was done, but not yet acknowledged
    ASSERT_TRUE(holds(found, generator.model()));
    EXPECT_TRUE(agrees(session.store(), generator.model(), generator.keys()));
    no_phantom_in(session.store());
  }
  EXPECT_TRUE(read_file(file) == bytes) << "a reader changed the file";
  if (oracle != nullptr) {
    write_file(copy, bytes);
    crate_finds(*oracle, copy, generator.model(), tail);
    goes_on_after_the_crate(*oracle, copy, generator);
  }
  { const Session session(file); }
  EXPECT_TRUE(read_file(file) == bytes) << "a writer that wrote nothing changed the file";
  Session session(file);
  const Outcome put = session.run(parse_history("put 61 xs:1:100\n")[0]);
  EXPECT_EQ(put.status, SIMDR_OK) << put.message;
  session.close();
  EXPECT_EQ(size_of(file), put.tail) << "closing does not leave the file as it would have been";
  EXPECT_TRUE(read_file(file).starts_with(bytes.substr(0, tail)));
}

TEST(GuardTest, TheCrateReadsWhatAKilledWriterCommitted) {
  SIMDR_NEEDS_ORACLE(oracle);
  for (std::uint64_t seed = 1; seed <= kill_count(); ++seed) {
    killed_at_any_instant(oracle, seed);
    if (HasFailure()) return;
  }
}

TEST(GuardTest, OursReadsWhatAKilledWriterCommitted) {
  for (std::uint64_t seed = 1000001; seed <= 1000000 + kill_count(); ++seed) {
    killed_at_any_instant(nullptr, seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace simdr::interop
