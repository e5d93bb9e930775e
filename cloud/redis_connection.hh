// One line to a Redis server: commands and replies, over TLS. Debian's hiredis speaks the protocol
// but no TLS; libcurl opens the line and checks the server's certificate.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/bytes.hh"
#include "cloud/http_transfer.hh"

struct redisReader;

namespace cloud {

struct RedisOptions {
  std::string host;
  int port = 6379;
  std::string user;
  std::string password;
  std::string ca_pem;  ///< certificates to trust; empty: the system's
  std::chrono::milliseconds limit{
      5000};  ///< to connect, and for a reply of a command that does not wait
};

/// A reply, as the protocol has it.
struct RedisReply {
  enum class Kind : std::uint8_t { kNothing, kText, kNumber, kError, kList };

  Kind kind = Kind::kNothing;
  Bytes text;  ///< of a text or an error
  std::int64_t number = 0;
  std::vector<RedisReply> list;

  bool is_error() const { return kind == Kind::kError; }
  /// The text as such.
  std::string words() const { return {text.begin(), text.end()}; }
};

/// For one thread at a time. After a throw the line is of no use any more.
class RedisConnection {
 public:
  /// Connects and logs in. Throws Unavailable, and Denied if the server does not know the user.
  explicit RedisConnection(const RedisOptions& options);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection(RedisConnection&&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;
  RedisConnection& operator=(RedisConnection&&) = delete;
  ~RedisConnection();

  using Command = std::vector<std::string_view>;

  /// Sends commands together and gives their replies, in order; errors are replies. `patience` is
  /// how long the server may wait by itself before it answers. Throws Unavailable.
  std::vector<RedisReply> run(std::span<const Command> commands,
                              std::chrono::milliseconds patience = {});
  RedisReply run(const Command& command, std::chrono::milliseconds patience = {});

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct FreeReader {
    void operator()(redisReader* reader) const;
  };

  void connect();
  void log_in();
  void write(std::string_view bytes, Time deadline);
  RedisReply read_reply(Time deadline);
  void wait_for(short events, Time deadline);
  [[noreturn]] void fail(const std::string& what) const;

  RedisOptions options_;
  CurlHandle handle_;
  std::unique_ptr<redisReader, FreeReader> reader_;
};

}  // namespace cloud
