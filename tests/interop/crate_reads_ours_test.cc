// What we wrote, opened by the crate: everything is there, also what the crate could not have written or rewritten itself.
#include <gtest/gtest.h>

#include "files.h"
#include "generator.h"
#include "oracle.h"
#include "session.h"
#include "state.h"

namespace simdr::interop {
namespace {

// The crate opens a copy, finds what the model holds, and leaves the file as it is.
void crate_finds(Oracle& oracle, const std::string& file, const Model& model) {
  const std::string copy = file + ".copy";
  const std::string before = read_file(file);
  write_file(copy, before);
  const State found = state_in_dump(oracle.dump(copy));
  EXPECT_TRUE(holds(found, model));
  EXPECT_EQ(found.file_size, before.size());
  EXPECT_TRUE(read_file(copy) == before) << "opening by the crate changed the file";
}

// Ours finds the same in it, opened anew.
void ours_finds(const std::string& file, const Model& model, const std::vector<Bytes>& keys) {
  simdr_open_options options = SIMDR_OPEN_OPTIONS_INIT;
  options.mode = SIMDR_OPEN_READ_ONLY;
  const Session session(file, options);
  EXPECT_EQ(simdr_store_recovered_from(session.store()), nullptr);
  EXPECT_TRUE(holds(state_of(session.store()), model));
  EXPECT_TRUE(agrees(session.store(), model, keys));
}

TEST(CrateReadsOursTest, HistoriesBeyondWhatTheCrateCanDo) {
  SIMDR_NEEDS_ORACLE(oracle);
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TempDir folder(seed % 20 == 0 ? TempDir::Place::kDisk : TempDir::Place::kMemory);
    const std::string file = folder.file("store");
    Rules rules = Rules::everything();
    rules.target = folder.file("target");
    if (seed % 6 == 0) rules.max_payload = 200000;
    Generator generator(seed, 10 + seed % 40);
    {
      Session session(file);
      const Session target(rules.target);  // so that the file is there; each copy opens it anew
    }
    Session session(file);
    for (std::size_t i = 0; i < 150; ++i) {
      simdr_status wanted = SIMDR_OK;
      const Op op = generator.next(rules, &wanted);
      const Outcome got = session.run(op);
      ASSERT_EQ(got.status, wanted) << "operation " << i << ": " << op.text().substr(0, 200) << "\n" << got.message;
      if (i % 50 == 0) {
        ASSERT_TRUE(agrees(session.store(), generator.model(), generator.keys()));
      }
    }
    EXPECT_TRUE(agrees(session.store(), generator.model(), generator.keys()));
    session.close();
    crate_finds(*oracle, file, generator.model());
    crate_finds(*oracle, rules.target, generator.target_model());
    ours_finds(file, generator.model(), generator.keys());
    ours_finds(rules.target, generator.target_model(), generator.keys());
    if (HasFailure()) return;
  }
}

// Zeros where they could be mistaken for something else: at the file's start and its end, alone, and as long as whole entries.
TEST(CrateReadsOursTest, ZerosInEveryPlace) {
  SIMDR_NEEDS_ORACLE(oracle);
  const char* const histories[] = {
      "put 61 fill:0:2\n",
      "put 61 fill:0:64\n",
      "put 61 fill:0:100000\nput 62 hex:01\n",
      "put 61 hex:01\nput 62 fill:0:2\n",
      "put 61 hex:01\nput 62 fill:0:4096\ndel 61\n",
      "put 61 hex:01\nput 62 fill:0:84\nput 63 fill:0:84\nput 64 fill:0:84\n",
      "stream 61 fill:0:70000 4096\nstream 62 fill:0:3 1\nstream 63 fill:0:65536 65536\n",
      "put 61 fill:0:20\nput 62 xs:1:9\nput 61 fill:0:21\ncompact\n",
      "put 61 fill:0:20\nrename 61 62\nput 63 xs:1:9\nrename 62 63\n",
      "batch 3\n61 fill:0:2\n62 fill:0:44\n61 fill:0:45\ncompact\ndel 62\ndel 62\nbatchdel 2\n62\n62\nreopen\ndel 62\n",
      "put 61 fill:0:30\ndel 61\ncompact\n",
      "puthash 0000000000000000 fill:0:44\n",
      "put 61 xs:1:9\nputhash 0000000000000000 fill:0:44\nput 62 xs:1:9\n",
  };
  for (const char* const text : histories) {
    SCOPED_TRACE(text);
    const TempDir folder(TempDir::Place::kMemory);
    const std::string file = folder.file("store");
    Model model;
    const History history = parse_history(text);
    {
      Session session(file);
      for (const Op& op : history) {
        const simdr_status wanted = model.apply(op);
        EXPECT_EQ(session.run(op).status, wanted) << op.text();
      }
    }
    crate_finds(*oracle, file, model);
    ours_finds(file, model, keys_of(history));
  }
}

}  // namespace
}  // namespace simdr::interop
