// Commands, clips and files for the tests of the program.
#include "tests/tools/program.hh"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <sys/wait.h>

#include "host/byte_source.hh"
#include "host/ivf.hh"
#include "host/output_file.hh"
#include "host/y4m.hh"

namespace tools::test {
namespace {

std::string text_of(const std::string& path) {
  const std::vector<std::uint8_t> bytes = host::test::file_bytes(path);
  return {bytes.begin(), bytes.end()};
}

// What `encode` says before it fails depends on the machine: the device that it has chosen.
std::string without_device_line(const std::string& text) {
  return text.starts_with("fastslow: device: ") ? text.substr(text.find('\n') + 1) : text;
}

}  // namespace

Outcome ProgramTest::sh(const std::string& command) const {
  const std::string all = "cd '" + (folder_ / "") + "' && F='" FASTSLOW_PROGRAM "' && { " +
                          command + "\n} > '" + (logs_ / "out") + "' 2> '" + (logs_ / "err") + "'";
  const int status = std::system(all.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, text_of(logs_ / "out"), text_of(logs_ / "err")};
}

std::string ProgramTest::output_of(const std::string& arguments) const {
  const Outcome outcome = fastslow(arguments);
  EXPECT_EQ(outcome.code, 0) << arguments << "\n" << outcome.err;
  return outcome.out;
}

void ProgramTest::expect_failure(const std::string& arguments,
                                 int code,
                                 const std::vector<std::string>& words) const {
  const Outcome outcome = fastslow(arguments);
  EXPECT_EQ(outcome.code, code) << arguments << "\n" << outcome.err;
  EXPECT_EQ(outcome.out, "") << arguments;
  const std::string message = without_device_line(outcome.err);
  EXPECT_TRUE(message.starts_with("fastslow")) << message;
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1) << message;
  for (const std::string& word : words) {
    EXPECT_NE(message.find(word), std::string::npos)
        << arguments << "\nlacks: " << word << "\nin: " << message;
  }
}

void ProgramTest::expect_signal_leaves_nothing(const std::string& command) const {
  const Outcome outcome =
      sh("{ cat in.y4m; sleep 5; } | " + command +
         " & pid=$!\n"
         "i=0; while [ $i -lt 100 ] && ! ls .*.part 2>/dev/null; do sleep 0.02; i=$((i+1)); done\n"
         "kill -TERM $pid; wait $pid; echo $?");
  EXPECT_NE(outcome.out.find(".part\n143\n"), std::string::npos) << outcome.out << outcome.err;
  EXPECT_EQ(files(), "in.y4m");
}

void ProgramTest::make_clip(const std::string& name, int width, int height, int pictures) const {
  host::OutputFile file(folder_ / name);
  host::StreamInfo info;
  info.width = width;
  info.height = height;
  info.frame_rate = {30, 1};
  host::Y4mWriter writer(file, info);
  for (int i = 0; i < pictures; ++i) {
    constexpr unsigned amplitude = 24;
    writer.write(host::test::random_picture(width, height, static_cast<unsigned>(i), amplitude));
  }
  file.commit();
}

void ProgramTest::make_file(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

void ProgramTest::join_ivf(const std::vector<std::string>& from, const std::string& to) const {
  host::OutputFile file(folder_ / to);
  std::optional<host::IvfWriter> writer;
  std::uint64_t pts = 0;
  for (const std::string& name : from) {
    host::IvfReader reader(host::open_file(folder_ / name), name);
    if (!writer) {
      writer.emplace(file, reader.header());
    }
    while (const std::optional<host::IvfFrame> frame = reader.next()) {
      writer->write(frame->bytes, pts++);
    }
  }
  writer->finish();
  file.commit();
}

std::string ProgramTest::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

}  // namespace tools::test
