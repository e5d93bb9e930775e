// Run files are JSON.
#include "cloud/run_file.hh"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "host/error.hh"

namespace cloud {
namespace {

std::string hex(const SealKey& key) {
  std::string text;
  for (const std::uint8_t byte : key)
    text += fmt::format("{:02x}", byte);
  return text;
}

SealKey key_of(const std::string& text) {
  SealKey key{};
  const std::string digits = "0123456789abcdef";
  if (text.size() != 2 * key.size() || text.find_first_not_of(digits) != std::string::npos)
    throw std::invalid_argument("the key has another form");
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] =
        static_cast<std::uint8_t>(digits.find(text[2 * i]) * 16 + digits.find(text[2 * i + 1]));
  return key;
}

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

// All at once: a half-written file would lose the key.
void write_all(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0)
    fail(path);
  const ssize_t written = ::write(file, text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  errno = error;
  if (!whole)
    fail(path);
}

}  // namespace

std::string digest_of(const host::Plan& plan,
                      std::int64_t limit,
                      const std::string& input,
                      const std::string& version) {
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", host::plan_as_json(plan, 0), limit, input, version);
  return sha256_hex(ByteSpan(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

RunRecord new_run(const std::string& encode, const std::string& bucket) {
  const SealKey random = make_seal_key();
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  const std::string name = fmt::format("{:04}{:02}{:02}-{}", utc.tm_year + 1900, utc.tm_mon + 1,
                                       utc.tm_mday, hex(random).substr(0, 16));
  return {name, make_seal_key(), encode, bucket};
}

std::optional<RunRecord> read_run_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (errno == ENOENT)
      return {};
    fail(path);
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  try {
    const auto json = nlohmann::json::parse(text);
    return RunRecord{json.at("run"), key_of(json.at("key")), json.at("encode"), json.at("bucket")};
  } catch (const std::exception&) {
    throw host::InputError(path, "its JSON", "not the record of a run", "remove it to begin anew");
  }
}

void write_run_file(const std::string& path, const RunRecord& run) {
  const nlohmann::ordered_json json = {
      {"run", run.name}, {"key", hex(run.key)}, {"encode", run.encode}, {"bucket", run.bucket}};
  const std::string partial = path + ".new";
  write_all(partial, json.dump(2) + "\n");
  if (std::rename(partial.c_str(), path.c_str()) != 0)
    fail(path);
}

}  // namespace cloud
