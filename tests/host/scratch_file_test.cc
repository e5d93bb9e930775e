// Scratch files and what is kept in them: pipes that are read several times, frames of a try.
#include "host/scratch_file.hh"

#include <csignal>
#include <cstdlib>
#include <system_error>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host/error.hh"
#include "host/frame_store.hh"
#include "host/repeatable_input.hh"
#include "host/y4m.hh"
#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::text_bytes;

std::vector<std::uint8_t> rest_of(ByteSource& source) {
  std::vector<std::uint8_t> bytes(1000);
  bytes.resize(source.read(bytes));
  return bytes;
}

// Files of this process cannot become larger meanwhile.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit(FileSizeLimit&&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(FileSizeLimit&&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int) = SIG_DFL;
};

void write_clip(const std::string& path, int pictures) {
  OutputFile file(path);
  StreamInfo info;
  info.width = 20;
  info.height = 12;
  Y4mWriter writer(file, info);
  for (int i = 0; i < pictures; ++i)
    writer.write(test::random_picture(20, 12, static_cast<unsigned>(i)));
  file.commit();
}

// Calls `use` while a thread writes these bytes to a named pipe.
template <class F>
void with_pipe(const std::string& path, const std::vector<std::uint8_t>& bytes, F&& use) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::jthread writer([&] {
    std::ofstream pipe(path, std::ios::binary);
    pipe.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  });
  use();
}

TEST(ScratchFile, ReadsBackAnyNumberOfTimesAndHasNoName) {
  const test::TempFolder folder;
  ScratchFile file(folder / "");
  EXPECT_EQ(folder.file_count(), 0U);
  file.write(text_bytes("hello"));
  const std::unique_ptr<ByteSource> early = file.open();
  EXPECT_EQ(rest_of(*early), text_bytes("hello"));
  file.write(text_bytes(" world"));
  EXPECT_EQ(file.size_bytes(), 11U);
  for (int i = 0; i < 2; ++i) {
    const std::unique_ptr<ByteSource> source = file.open();
    EXPECT_EQ(source->remaining(), 11U);
    EXPECT_EQ(rest_of(*source), text_bytes("hello world"));
  }
}

TEST(ScratchFile, AFolderThatCannotBeUsedIsNamed) {
  const test::TempFolder folder;
  const std::string nowhere = folder / "nowhere";
  const std::string message =
      test::message_of<std::system_error>([&] { ScratchFile file(nowhere); });
  EXPECT_NE(message.find(nowhere), std::string::npos) << message;
  EXPECT_NE(message.find("TMPDIR"), std::string::npos) << message;
}

TEST(ScratchFile, AFullDiskIsAnErrorAtTheLatestWhenItIsRead) {
  const test::TempFolder folder;
  const FileSizeLimit limit(4096);
  ScratchFile file(folder / "");
  const std::string message = test::message_of<std::system_error>([&] {
    file.write(std::vector<std::uint8_t>(5000));
    file.open();
  });
  EXPECT_NE(message.find("TMPDIR"), std::string::npos) << message;
}

TEST(ScratchFile, LiesInTmpdirElseBesideTheOutput) {
  const char* const before = std::getenv("TMPDIR");
  const std::string old = before != nullptr ? before : "";
  ::setenv("TMPDIR", "/var/tmp", 1);
  EXPECT_EQ(scratch_folder("a/b.ivf"), "/var/tmp");
  ::unsetenv("TMPDIR");
  EXPECT_EQ(scratch_folder("a/b.ivf"), "a");
  EXPECT_EQ(scratch_folder("b.ivf"), ".");
  EXPECT_EQ(scratch_folder("/b.ivf"), "/");
  EXPECT_EQ(scratch_folder("-"), "/tmp");
  EXPECT_EQ(scratch_folder("/dev/null"), "/tmp");
  if (before != nullptr)
    ::setenv("TMPDIR", old.c_str(), 1);
}

TEST(RepeatableInput, APipeGivesTheSamePicturesEachTime) {
  const test::TempFolder folder;
  write_clip(folder / "in.y4m", 5);
  with_pipe(folder / "pipe", test::file_bytes(folder / "in.y4m"), [&] {
    const RepeatableInput input(folder / "pipe", -1, folder / "");
    EXPECT_EQ(folder.file_count(), 2U);
    const RepeatableInput file(folder / "in.y4m", -1, "no folder is needed");
    for (int i = 0; i < 2; ++i) {
      const auto source = input.open();
      const auto wanted = file.open();
      EXPECT_EQ(source->info(), wanted->info());
      EXPECT_EQ(source->info().picture_count, 5);
      for (int k = 0; k < 5; ++k)
        EXPECT_EQ(source->next(), wanted->next()) << k;
      EXPECT_FALSE(source->next());
    }
  });
}

TEST(RepeatableInput, ReadsNoMoreOfAPipeThanTheLimit) {
  const test::TempFolder folder;
  write_clip(folder / "in.y4m", 5);
  // What follows the third picture is no Y4M.
  std::vector<std::uint8_t> bytes = test::file_bytes(folder / "in.y4m");
  const std::size_t picture_bytes = 6 + 20 * 12 * 3 / 2;
  bytes[bytes.size() - 2 * picture_bytes] = 'x';
  with_pipe(folder / "pipe", bytes, [&] {
    const RepeatableInput input(folder / "pipe", 3, folder / "");
    EXPECT_EQ(input.open()->info().picture_count, 3);
  });
  with_pipe(folder / "pipe2", bytes, [&] {
    EXPECT_NE(test::message_of<InputError>([&] {
                RepeatableInput(folder / "pipe2", 4, folder / "");
              }).find("picture 3"),
              std::string::npos);
  });
}

TEST(FrameStore, WritesTheFramesThatItGot) {
  const test::TempFolder folder;
  FrameStore store(folder / "");
  const std::vector<std::vector<std::uint8_t>> frames = {
      text_bytes("key frame"), {}, text_bytes("hidden"), text_bytes("shown")};
  const std::vector<std::int64_t> pictures = {0, 1, 2, 2};
  for (std::size_t i = 0; i < frames.size(); ++i)
    store.add({frames[i], pictures[i]});
  OutputFile file(folder / "out.ivf");
  IvfWriter writer(file, {.width = 16, .height = 16, .frame_count = store.frames()});
  store.write_to(writer);
  file.commit();
  EXPECT_EQ(test::file_bytes(folder / "out.ivf").size(), store.ivf_bytes());
  IvfReader reader(open_file(folder / "out.ivf"), "out.ivf");
  EXPECT_EQ(reader.header().frame_count, 4U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const IvfFrame wanted{frames[i], static_cast<std::uint64_t>(pictures[i])};
    EXPECT_EQ(reader.next(), wanted) << i;
  }
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace host
