// Output files: complete under the final name or not there at all, and every failure named.
#include "host/output_file.hh"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/host/test_clips.hh"

namespace host {
namespace {

using test::file_bytes;
using test::text_bytes;

// The error that `f` must throw.
template <class F>
std::system_error error_of(F&& f) {
  try {
    f();
  } catch (const std::system_error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return std::system_error(0, std::generic_category());
}

void expect_error(const std::system_error& error, int number, const std::string& part) {
  EXPECT_EQ(error.code().value(), number) << error.what();
  EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
}

TEST(OutputFile, AppearsOnlyWhenCommitted) {
  const test::TempFolder folder;
  const std::string path = folder / "out.ivf";
  OutputFile file(path);
  file.write(text_bytes("hello"));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(std::filesystem::exists(
      folder / (".out.ivf.fastslow-" + std::to_string(::getpid()) + ".part")));
  file.write(text_bytes(" world"));
  file.write_at(0, text_bytes("J"));
  EXPECT_EQ(file.size_bytes(), 11U);
  EXPECT_TRUE(file.is_patchable());
  file.commit();
  EXPECT_EQ(file_bytes(path), text_bytes("Jello world"));
  EXPECT_EQ(folder.file_count(), 1U);
}

TEST(OutputFile, LeavesNothingBehindWithoutCommit) {
  const test::TempFolder folder;
  {
    OutputFile file(folder / "out.ivf");
    file.write(text_bytes("hello"));
  }
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(OutputFile, LeavesTheOldFileUntilCommitAndKeepsItsPermissions) {
  const test::TempFolder folder;
  const std::string path = folder / "out.ivf";
  { OutputFile(path).commit(); }
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  {
    OutputFile file(path);
    file.write(text_bytes("half"));
  }
  EXPECT_TRUE(file_bytes(path).empty());
  OutputFile file(path);
  file.write(text_bytes("whole"));
  file.commit();
  EXPECT_EQ(file_bytes(path), text_bytes("whole"));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST(OutputFile, WritesThroughALinkToTheFileBehindIt) {
  const test::TempFolder folder;
  { OutputFile(folder / "real").commit(); }
  std::filesystem::create_symlink("real", folder / "link");
  OutputFile file(folder / "link");
  file.write(text_bytes("x"));
  file.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(file_bytes(folder / "real"), text_bytes("x"));
}

TEST(OutputFile, KeepsTwoWritersOfOneNameApart) {
  const test::TempFolder folder;
  OutputFile first(folder / "out"), second(folder / "out");
  first.write(text_bytes("1"));
  second.write(text_bytes("2"));
  first.commit();
  EXPECT_EQ(file_bytes(folder / "out"), text_bytes("1"));
  second.commit();
  EXPECT_EQ(file_bytes(folder / "out"), text_bytes("2"));
}

TEST(OutputFile, TakesNamesAsLongAsTheFileSystemDoes) {
  const test::TempFolder folder;
  const std::string path = folder / std::string(250, 'n');
  OutputFile(path).commit();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(OutputFile, NamesThePathAndTheRemedyWhereItCannotBeMade) {
  const test::TempFolder folder;
  const std::string missing = folder / "none/out.ivf";
  const std::system_error error = error_of([&] { const OutputFile file(missing); });
  expect_error(error, ENOENT, "make the folder first");
  expect_error(error, ENOENT, missing);
  expect_error(error_of([&] { const OutputFile file(folder / ""); }), EISDIR, "not a folder");
  expect_error(error_of([&] { const OutputFile file(""); }), EISDIR, "not a folder");
  { OutputFile(folder / "file").commit(); }
  expect_error(error_of([&] { const OutputFile file(folder / "file/out"); }), ENOTDIR, "folder");
}

TEST(OutputFile, RefusesAFileThatMayNotBeWritten) {
  if (::geteuid() == 0) {
    GTEST_SKIP() << "the superuser may write everywhere";
  }
  const test::TempFolder folder;
  { OutputFile(folder / "file").commit(); }
  ASSERT_EQ(::chmod((folder / "file").c_str(), 0444), 0);
  expect_error(error_of([&] { const OutputFile file(folder / "file"); }), EACCES, "may write to");
}

TEST(OutputFile, WritesDevicesDirectly) {
  OutputFile file("/dev/null");
  file.write(text_bytes("x"));
  EXPECT_FALSE(file.is_patchable());
  expect_error(error_of([&] { file.write_at(0, text_bytes("y")); }), ESPIPE, "/dev/null");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(OutputFile, ReportsAFullDisk) {
  OutputFile file("/dev/full");
  expect_error(error_of([&] { file.write(text_bytes("x")); }), ENOSPC, "free some space");
}

TEST(OutputFile, ReportsALimitOnFileSizesAndRemovesThePart) {
  const test::TempFolder folder;
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  {
    OutputFile file(folder / "out");
    const std::vector<std::uint8_t> bytes(10000);
    const std::system_error error = error_of([&] { file.write(bytes); });
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, old_handler);
    expect_error(error, EFBIG, "ulimit");
  }
  EXPECT_EQ(folder.file_count(), 0U);
}

TEST(OutputFile, ReportsAClosedPipe) {
  const test::TempFolder folder;
  const std::string path = folder / "pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto old_handler = std::signal(SIGPIPE, SIG_IGN);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  OutputFile file(path);
  EXPECT_FALSE(file.is_patchable());
  file.write(text_bytes("x"));
  ::close(reader);
  expect_error(error_of([&] { file.write(text_bytes("y")); }), EPIPE, "has ended");
  std::signal(SIGPIPE, old_handler);
}

TEST(OutputFile, WritesStandardOutput) {
  testing::internal::CaptureStdout();
  OutputFile file("-");
  file.write(text_bytes("to the pipe"));
  file.commit();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "to the pipe");
  EXPECT_EQ(file.path(), "standard output");
  EXPECT_FALSE(file.is_patchable());
}

TEST(RemovePartialFiles, UnlinksWhatIsNotCommitted) {
  const test::TempFolder folder;
  OutputFile done(folder / "done"), open_one(folder / "open");
  done.commit();
  EXPECT_EQ(folder.file_count(), 2U);
  remove_partial_files();
  EXPECT_EQ(folder.file_count(), 1U);
  EXPECT_TRUE(std::filesystem::exists(folder / "done"));
}

}  // namespace
}  // namespace host
