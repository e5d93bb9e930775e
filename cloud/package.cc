// Finding a program's libraries, and zipping.
#include "cloud/package.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include <elf.h>
#include <fmt/format.h>
#include <zip.h>

namespace cloud {
namespace {

namespace fs = std::filesystem;

// Lambda unpacks it into a folder of its choice, and starts it from anywhere. Only the shell itself
// is needed: ${0%/*} is the folder.
constexpr const char* kBootstrap =
    "#!/bin/sh\n"
    "here=${0%/*}\n"
    "exec \"$here/lib/LOADER\" --library-path \"$here/lib\" \"$here/WORKER\"\n";

Bytes bytes_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);  // none of folders
  if (error)
    throw std::system_error(error, path);
  Bytes bytes(size);
  std::ifstream file(path, std::ios::binary);
  // Streams read chars.
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file)
    throw std::system_error(errno, std::generic_category(), path);
  return bytes;
}

// The loader that a program names (ELF's PT_INTERP).
std::string loader_of(const std::string& path, const Bytes& program) {
  const auto fail = [&]() -> std::string {
    throw std::runtime_error(path + " is no program with shared libraries for this machine");
  };
  Elf64_Ehdr header{};
  if (program.size() < sizeof header)
    return fail();
  std::memcpy(&header, program.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_phentsize != sizeof(Elf64_Phdr))
    return fail();
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr part{};
    const std::size_t at = header.e_phoff + i * sizeof part;
    if (at > program.size() || program.size() - at < sizeof part)
      return fail();
    std::memcpy(&part, program.data() + at, sizeof part);
    if (part.p_type != PT_INTERP)
      continue;
    if (part.p_filesz < 2 || part.p_offset > program.size() ||
        program.size() - part.p_offset < part.p_filesz)
      return fail();
    const auto begin = program.begin() + static_cast<std::ptrdiff_t>(part.p_offset);
    return {begin, begin + static_cast<std::ptrdiff_t>(part.p_filesz) - 1};
  }
  return fail();
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen(command.c_str(), "re");
  if (pipe == nullptr)
    throw std::system_error(errno, std::generic_category(), command);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), size);
  if (::pclose(pipe) != 0)
    throw std::runtime_error(command + ": failed");
  return output;
}

// Of lines like "libz.so.1 => /lib/libz.so.1 (0x7f..)", "libz.so.1 => not found" and "/lib/ld.so
// (0x7f..)", those of the first kind.
std::vector<PackagedFile> libraries_in(const std::string& listing) {
  std::vector<PackagedFile> libraries;
  constexpr std::string_view arrow = " => ";
  for (std::size_t begin = 0; begin < listing.size();) {
    const std::size_t end = std::min(listing.find('\n', begin), listing.size());
    const std::string line = listing.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t middle = line.find(arrow);
    if (middle == std::string::npos)
      continue;
    const std::string name =
        line.substr(line.find_first_not_of(" \t"), middle - line.find_first_not_of(" \t"));
    const std::string path = line.substr(middle + arrow.size());
    const std::size_t address = path.rfind(" (0x");
    if (address == std::string::npos)
      throw std::runtime_error("the library " + name + " is not installed");
    if (name.find('/') == std::string::npos)  // the loader is among them on some machines
      libraries.push_back({"lib/" + name, bytes_of(path.substr(0, address)), false});
  }
  return libraries;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  return text.replace(at, from.size(), to);
}

[[noreturn]] void fail_to_zip(const char* what) {
  throw std::runtime_error(fmt::format("the package cannot be made: {}", what));
}

void add(zip_t* archive, const PackagedFile& file) {
  constexpr zip_uint32_t kProgram = 0100755;
  constexpr zip_uint32_t kData = 0100644;
  constexpr zip_uint32_t kLevel = 6;  // 9 takes three times as long and saves half a percent
  constexpr zip_uint16_t kTime = 0;
  constexpr zip_uint16_t kDate = 0x21;  // 1980-01-01, the first day of DOS
  zip_source_t* source = zip_source_buffer(archive, file.bytes.data(), file.bytes.size(), 0);
  if (source == nullptr)
    fail_to_zip(zip_strerror(archive));
  const zip_int64_t index = zip_file_add(archive, file.name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    fail_to_zip(zip_strerror(archive));
  }
  const auto entry = static_cast<zip_uint64_t>(index);
  const zip_uint32_t mode = file.executable ? kProgram : kData;
  if (zip_file_set_external_attributes(archive, entry, 0, ZIP_OPSYS_UNIX, mode << 16U) != 0 ||
      zip_file_set_dostime(archive, entry, kTime, kDate, 0) != 0 ||
      zip_set_file_compression(archive, entry, ZIP_CM_DEFLATE, kLevel) != 0)
    fail_to_zip(zip_strerror(archive));
}

}  // namespace

std::vector<PackagedFile> worker_package(const std::string& worker) {
  const fs::path path(worker);
  Bytes program = bytes_of(worker);
  const std::string loader = loader_of(worker, program);
  std::vector<PackagedFile> files;
  const std::string name = path.filename();
  const std::string loader_name = fs::path(loader).filename();
  const std::string script = replaced(replaced(kBootstrap, "LOADER", loader_name), "WORKER", name);
  files.push_back({"bootstrap", Bytes(script.begin(), script.end()), true});
  files.push_back({name, std::move(program), true});
  files.push_back({"lib/" + loader_name, bytes_of(loader), true});
  // As ldd asks it: what is missing is listed as such.
  const std::string command =
      fmt::format("LD_TRACE_LOADED_OBJECTS=1 {} {}", quoted(loader), quoted(fs::absolute(path)));
  for (PackagedFile& library : libraries_in(output_of(command)))
    files.push_back(std::move(library));
  return files;
}

Bytes zip(const std::vector<PackagedFile>& files) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* const opened =
      target == nullptr ? nullptr : zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (opened == nullptr) {
    zip_source_free(target);
    fail_to_zip(zip_error_strerror(&error));
  }
  zip_source_keep(target);
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> kept(target, zip_source_free);
  std::unique_ptr<zip_t, void (*)(zip_t*)> archive(opened, zip_discard);
  for (const PackagedFile& file : files)
    add(archive.get(), file);
  if (zip_close(archive.get()) != 0)
    fail_to_zip(zip_strerror(archive.get()));
  static_cast<void>(archive.release());
  zip_stat_t stat;
  if (zip_source_stat(target, &stat) != 0 || zip_source_open(target) != 0)
    fail_to_zip(zip_error_strerror(zip_source_error(target)));
  Bytes bytes(stat.size);
  const zip_int64_t read = zip_source_read(target, bytes.data(), bytes.size());
  zip_source_close(target);
  if (read != static_cast<zip_int64_t>(bytes.size()))
    fail_to_zip("its bytes are not there");
  return bytes;
}

}  // namespace cloud
