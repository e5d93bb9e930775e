// An encode that is interrupted goes on where it was, and comes to the same bytes.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tools/program.hh"

namespace tools::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlan =
    " -o out.ivf --chunk-frames 2 --chunks-per-chain 9 --json report.json";

class Resuming : public ProgramTest {
 protected:
  void SetUp() override {
    make_clip("in.y4m", 64, 48, 80);
    output_of("encode in.y4m -o whole.ivf --chunk-frames 2 --chunks-per-chain 9 --json whole.json");
  }
  // Starts a shell command in a group of processes of its own.
  pid_t start(const std::string& command) const {
    const pid_t process = ::fork();
    if (process == 0) {
      ::setpgid(0, 0);
      std::signal(SIGINT, SIG_DFL);  // who runs the tests may ignore it
      const std::string all = "cd '" + (folder_ / "") + "' && F='" FASTSLOW_PROGRAM "'; " + command;
      ::execl("/bin/bash", "bash", "-c", all.c_str(), nullptr);
      ::_exit(127);
    }
    ::setpgid(process, process);
    return process;
  }
  // Signals the group. Returns the exit code; 128 + number for a signal that ended the process.
  static int end(pid_t process, int signal) {
    ::kill(-process, signal);
    int status = 0;
    ::waitpid(process, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::int64_t chunks() const {
    std::error_code none;
    std::int64_t count = 0;
    for (fs::directory_iterator it(folder_ / ".out.ivf.fastslow", none), last; !none && it != last;
         it.increment(none))
      count += it->path().extension() == ".chunk" ? 1 : 0;
    return count;
  }
  // Encodes a video that stops coming, and ends that once some chunks are finished. Returns what
  // the program has said.
  std::string leave_something(int signal = SIGKILL) const {
    const std::string input = "exec $F encode <(head -c 280000 in.y4m; exec sleep 30)";
    const pid_t process = start(input + kPlan + " 2> said");
    for (int i = 0; i < 2000 && chunks() < 4; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(end(process, signal), 128 + signal);
    EXPECT_GE(chunks(), 4);
    const std::vector<std::uint8_t> said = bytes_of("said");
    return {said.begin(), said.end()};
  }
  nlohmann::json report(const std::string& name) const {
    return nlohmann::json::parse(bytes_of(name));
  }
  std::int64_t reused() const { return report("report.json")["reused_pictures"]; }
};

TEST_F(Resuming, ComesToTheSameBytesAfterFiftyKills) {
  const auto begin = std::chrono::steady_clock::now();
  output_of(std::string("encode in.y4m") + kPlan);
  const auto usual = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  std::mt19937 random(6);
  int finished = 0;
  for (int kills = 0; kills < 50;) {
    fs::remove(folder_ / "out.ivf");
    const pid_t process = start(std::string("exec $F encode in.y4m") + kPlan + " 2> said");
    std::this_thread::sleep_for(std::chrono::microseconds(random() % (usual.count() + 1)));
    const int code = end(process, SIGKILL);
    ASSERT_TRUE(code == 0 || code == 128 + SIGKILL) << code;
    kills += code == 0 ? 0 : 1;
    finished += code == 0 ? 1 : 0;
    ASSERT_LT(finished, 500);
    // A kill may come behind the output's last step.
    if (fs::exists(folder_ / "out.ivf")) {
      ASSERT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf")) << kills;
    }
  }
  output_of(std::string("encode in.y4m") + kPlan);
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
  EXPECT_EQ(files(), "in.y4m out.ivf report.json said whole.ivf whole.json");
}

TEST_F(Resuming, DoesAgainOnlyWhatWasNotFinished) {
  leave_something();
  const std::int64_t left = chunks();
  output_of(std::string("encode in.y4m") + kPlan);
  EXPECT_EQ(reused(), 2 * left);
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
  EXPECT_EQ(report("report.json")["quality"], report("whole.json")["quality"]);
  EXPECT_EQ(report("report.json")["state"], report("whole.json")["state"]);
  EXPECT_EQ(files(), "in.y4m out.ivf report.json said whole.ivf whole.json");
}

TEST_F(Resuming, GoesOnAfterLibvpxToo) {
  output_of("encode in.y4m -o whole.ivf --first-pass libvpx --chunk-frames 4");
  const pid_t process = start(
      "exec $F encode <(head -c 280000 in.y4m; exec sleep 30) -o out.ivf --first-pass libvpx "
      "--chunk-frames 4 2> said");
  for (int i = 0; i < 2000 && chunks() < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  end(process, SIGKILL);
  const std::int64_t left = chunks();
  EXPECT_GE(left, 2);
  output_of(
      "encode in.y4m -o out.ivf --first-pass libvpx --chunk-frames 4 --json report.json --threads "
      "1");
  EXPECT_EQ(reused(), 4 * left);
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
}

TEST_F(Resuming, TakesNothingFromAnotherPlan) {
  for (const char* other : {" --cq 30", " --effort fast"}) {
    leave_something();
    output_of("encode in.y4m -o whole.ivf --chunk-frames 2 --chunks-per-chain 9" +
              std::string(other));
    output_of(std::string("encode in.y4m") + kPlan + other);
    EXPECT_EQ(reused(), 0) << other;
    EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf")) << other;
  }
}

TEST_F(Resuming, TakesNothingFromAnotherVideo) {
  leave_something();
  std::fstream(folder_ / "in.y4m", std::ios::in | std::ios::out | std::ios::binary)
      .seekp(100)
      .put('\x20');
  output_of("encode in.y4m -o whole.ivf --chunk-frames 2 --chunks-per-chain 9");
  output_of(std::string("encode in.y4m") + kPlan);
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
}

TEST_F(Resuming, BeginsAnewIfToldTo) {
  leave_something();
  output_of(std::string("encode in.y4m --no-resume") + kPlan);
  EXPECT_EQ(reused(), 0);
  EXPECT_EQ(chunks(), 0);
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
}

TEST_F(Resuming, DoesDamagedChunksAgain) {
  leave_something();
  unsigned damaged = 0;
  for (const auto& entry : fs::directory_iterator(folder_ / ".out.ivf.fastslow")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40 + damaged++);
    file.put('\x55');
  }
  output_of(std::string("encode in.y4m") + kPlan);
  EXPECT_EQ(reused(), 0) << damaged;
  EXPECT_EQ(bytes_of("out.ivf"), bytes_of("whole.ivf"));
}

TEST_F(Resuming, SaysHowToGoOnAfterCtrlC) {
  const std::string said = leave_something(SIGINT);
  EXPECT_NE(said.find("the same command goes on"), std::string::npos) << said;
  EXPECT_GE(chunks(), 4);
  EXPECT_FALSE(fs::exists(folder_ / "out.ivf"));
}

}  // namespace
}  // namespace tools::test
