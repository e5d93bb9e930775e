// The program as a user runs it, through the local engine, killed and started again.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "cloud/config.hh"
#include "cloud/process.hh"
#include "cloud/s3_store.hh"
#include "host/output_file.hh"
#include "host/y4m.hh"
#include "tests/cloud/engine_fixture.hh"
#include "tests/cloud/faults.hh"

namespace cloud {
namespace {

using host::test::file_bytes;
using test::Harm;

class EngineKills : public test::Engine {
 protected:
  void SetUp() override {
    Engine::SetUp();
    options_.worker = {FASTSLOW_WORKER};
    clip_.pictures = 24;
  }

  void write_clip() {
    host::OutputFile file(folder_ / "in.y4m");
    test::SyntheticSource source = clip_.open();
    host::Y4mWriter writer(file, source.info());
    while (const auto picture = source.next())
      writer.write(*picture);
    file.commit();
  }

  pid_t start(const std::string& output, const std::vector<std::string>& options) {
    std::vector<std::string> command{FASTSLOW_PROGRAM,
                                     "encode",
                                     folder_ / "in.y4m",
                                     "--chunk-frames",
                                     "3",
                                     "--chunks-per-chain",
                                     "4",
                                     "-o",
                                     output,
                                     "--json",
                                     folder_ / "out.json"};
    command.insert(command.end(), options.begin(), options.end());
    return start_process(command, own_environment(), folder_ / "log");
  }

  // The exit code, or minus the signal.
  static int end_of(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::int64_t resumed_tasks() const {
    std::ifstream file(folder_ / "out.json");
    return nlohmann::json::parse(file).at("lambda").at("resumed_tasks").get<std::int64_t>();
  }

  // Nothing may stay in the bucket, also of workers whose coordinator was killed.
  void expect_empty_bucket() {
    const auto busy = [&] {
      const std::vector<LocalWorker> workers = engine().lambda().workers();
      return std::ranges::any_of(workers, [](const auto& w) { return w.is_busy; });
    };
    while (busy())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    S3Options options;
    options.endpoint = engine().config().store_endpoint;
    options.region = engine().config().region;
    options.bucket = engine().config().bucket;
    const auto left = S3Store(options, std::make_shared<CredentialsSource>()).list("");
    EXPECT_TRUE(left.empty()) << left.size() << ", first " << left.front();
  }
};

TEST_F(EngineKills, ACoordinatorThatIsKilledIsResumed) {
  const char* const wanted = std::getenv("FASTSLOW_COORDINATOR_KILLS");
  const int kills = wanted != nullptr ? std::max(1, std::atoi(wanted)) : 4;
  std::atomic<int> puts = 0;
  std::atomic<int> deadly = 0;  // of the puts; 0: none
  std::atomic<pid_t> coordinator = 0;
  const test::StoreProxy proxy(engine().s3().endpoint(),
                               [&](const std::string& method, const std::string&) {
                                 if (method == "PUT" && ++puts == deadly && coordinator > 0)
                                   ::kill(coordinator, SIGKILL);
                                 return Harm::kNone;
                               });
  CloudConfig config = engine().config();
  config.store_endpoint = proxy.endpoint();
  std::ofstream(folder_ / "cloud.json") << write_cloud_config(config);
  write_clip();
  const std::string output = folder_ / "out.ivf";
  const std::vector<std::string> on_lambda{
      "--backend", "lambda", "--cloud-config", folder_ / "cloud.json", "--workers", "6"};
  ASSERT_EQ(end_of(start(folder_ / "local.ivf", {})), 0);
  ASSERT_EQ(end_of(start(output, on_lambda)), 0);
  EXPECT_EQ(file_bytes(output), file_bytes(folder_ / "local.ivf"));
  const int all = puts;
  int resumed = 0;
  for (int i = 0; i < kills; ++i) {
    std::filesystem::remove(output);
    coordinator = 0;
    puts = 0;
    // One in each part of the run.
    const int within = all / kills + 1;
    deadly = 1 + i * all / kills +
             static_cast<int>(test::mixed(1, static_cast<std::uint64_t>(i), 0, 0) %
                              static_cast<unsigned>(within));
    SCOPED_TRACE(deadly);
    coordinator = start(output, on_lambda);
    const int end = end_of(coordinator);
    EXPECT_TRUE(end == -SIGKILL || deadly >= all) << end;
    deadly = 0;
    ASSERT_EQ(end_of(start(output, on_lambda)), 0);
    EXPECT_EQ(file_bytes(output), file_bytes(folder_ / "local.ivf"));
    resumed += resumed_tasks() > 0 ? 1 : 0;
  }
  RecordProperty("resumed", resumed);
  EXPECT_GE(resumed, kills - 1 - kills / 10) << "of " << kills << ", puts in all: " << all;
  expect_empty_bucket();
}

}  // namespace
}  // namespace cloud
