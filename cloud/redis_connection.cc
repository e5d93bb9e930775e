// A line to a Redis server: libcurl connects, hiredis writes commands and reads replies.
#include "cloud/redis_connection.hh"

#include <array>
#include <stdexcept>

#include <fmt/format.h>
#include <hiredis.h>
#include <poll.h>

#include "cloud/error.hh"

namespace cloud {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

// A copy in our own types.
RedisReply copy_of(const redisReply& reply) {
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      copy.kind = RedisReply::Kind::kText;
      break;
    case REDIS_REPLY_ERROR:
      copy.kind = RedisReply::Kind::kError;
      break;
    case REDIS_REPLY_INTEGER:
      copy.kind = RedisReply::Kind::kNumber;
      copy.number = reply.integer;
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = RedisReply::Kind::kList;
      for (std::size_t i = 0; i < reply.elements; ++i)
        copy.list.push_back(copy_of(*reply.element[i]));
      break;
    default:  // REDIS_REPLY_NIL
      break;
  }
  if (reply.str != nullptr)
    copy.text.assign(reply.str, reply.str + reply.len);
  return copy;
}

std::string formatted(const RedisConnection::Command& command) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* text = nullptr;
  const int size =
      redisFormatCommandArgv(&text, static_cast<int>(words.size()), words.data(), sizes.data());
  if (size < 0)
    throw std::bad_alloc();
  std::string copy(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
  return copy;
}

}  // namespace

void RedisConnection::FreeReader::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisConnection::RedisConnection(const RedisOptions& options)
    : options_(options), handle_(new_curl_handle()), reader_(redisReaderCreate()) {
  if (!reader_)
    throw std::bad_alloc();
  connect();
  log_in();
}

RedisConnection::~RedisConnection() = default;

void RedisConnection::fail(const std::string& what) const {
  throw Unavailable(fmt::format("state exchange {}:{}: {}", options_.host, options_.port, what));
}

void RedisConnection::connect() {
  const std::string address = fmt::format("https://{}:{}", options_.host, options_.port);
  CURL* handle = handle_.get();
  curl_easy_setopt(handle, CURLOPT_URL, address.c_str());
  curl_easy_setopt(handle, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_ENABLE_ALPN, 0L);  // this is not HTTP
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.limit.count()));
  trust(handle, options_.ca_pem);
  if (const CURLcode code = curl_easy_perform(handle); code != CURLE_OK)
    fail(curl_easy_strerror(code));
}

void RedisConnection::log_in() {
  const RedisReply reply = run({"AUTH", options_.user, options_.password});
  if (reply.is_error())
    throw Denied(fmt::format("state exchange {}:{}: user '{}' cannot log in: {}", options_.host,
                             options_.port, options_.user, reply.words()));
}

void RedisConnection::wait_for(short events, Time deadline) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket);
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  pollfd entry{socket, events, 0};
  if (socket == CURL_SOCKET_BAD)
    fail("the line is broken");
  if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) == 0)
    fail("no answer in time");
}

void RedisConnection::write(std::string_view bytes, Time deadline) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    const CURLcode code = curl_easy_send(handle_.get(), bytes.data(), bytes.size(), &written);
    bytes.remove_prefix(written);
    if (code == CURLE_AGAIN)
      wait_for(POLLOUT, deadline);
    else if (code != CURLE_OK)
      fail(curl_easy_strerror(code));
  }
}

RedisReply RedisConnection::read_reply(Time deadline) {
  std::vector<char> bytes(kReadBytes);
  while (true) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_.get(), &raw) != REDIS_OK)
      fail(std::string("the reply makes no sense: ") + reader_->errstr);
    if (const std::unique_ptr<void, FreeReply> reply(raw); reply)
      return copy_of(*static_cast<const redisReply*>(reply.get()));
    std::size_t size = 0;
    const CURLcode code = curl_easy_recv(handle_.get(), bytes.data(), bytes.size(), &size);
    if (code == CURLE_AGAIN)
      wait_for(POLLIN, deadline);
    else if (code != CURLE_OK || size == 0)
      fail(code == CURLE_OK ? "the line is broken" : curl_easy_strerror(code));
    else if (redisReaderFeed(reader_.get(), bytes.data(), size) != REDIS_OK)
      fail(std::string("the reply makes no sense: ") + reader_->errstr);
  }
}

std::vector<RedisReply> RedisConnection::run(std::span<const Command> commands,
                                             milliseconds patience) {
  const Time deadline = Clock::now() + options_.limit + patience;
  std::string text;
  for (const Command& command : commands)
    text += formatted(command);
  write(text, deadline);
  std::vector<RedisReply> replies;
  for (std::size_t i = 0; i < commands.size(); ++i)
    replies.push_back(read_reply(deadline));
  return replies;
}

RedisReply RedisConnection::run(const Command& command, milliseconds patience) {
  return run(std::span(&command, 1), patience).front();
}

}  // namespace cloud
