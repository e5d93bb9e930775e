// s3rver: found or installed, mended and started.
#include "cloud/local_s3.hh"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "cloud/process.hh"

namespace cloud {
namespace {

namespace fs = std::filesystem;

constexpr const char* kS3rver = "@20minutes/s3rver@4.0.4";

// Starts the package's command line, for which npm makes no program, after mending two things in
// which it is not S3: writes under a condition happen anyway, and readers see objects that are half
// written. So whoever reads or writes a key waits for the writes before.
constexpr const char* kStart = R"js(
const root = require('path').dirname(process.argv[1]);
const objects = require(root + '/controllers/object');
const S3Error = require(root + '/models/error');
const writes = new Map();
const after = (ctx, action) => {
  const before = writes.get(ctx.params.bucket + '/' + ctx.params.key) || Promise.resolve();
  return before.then(action);
};
for (const name of ['putObject', 'completeMultipartUpload']) {
  const write = objects[name];
  objects[name] = (ctx, next) => {
    const key = ctx.params.bucket + '/' + ctx.params.key;
    const done = after(ctx, async () => {
      const taken = await ctx.store.existsObject(ctx.params.bucket, ctx.params.key);
      if (ctx.headers['if-none-match'] === '*' && taken)
        throw new S3Error('PreconditionFailed', 'There is such an object');
      return write(ctx, next);
    });
    const settled = done.catch(() => {}).then(() => {
      if (writes.get(key) === settled) writes.delete(key);
    });
    writes.set(key, settled);
    return done;
  };
}
const read = objects.getObject;
objects.getObject = (ctx, next) => after(ctx, () => read(ctx, next));
require(process.argv[1]).parse(['node', 's3rver', ...process.argv.slice(2)]);
)js";

fs::path cache_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && *cache != '\0')
    return fs::path(cache) / "fastslow";
  return fs::path(home == nullptr ? "/var/tmp" : home) / ".cache/fastslow";
}

}  // namespace

std::optional<std::string> find_s3rver() {
  const char* chosen = std::getenv("FASTSLOW_S3RVER");
  const fs::path program =
      chosen != nullptr && *chosen != '\0'
          ? fs::path(chosen)
          : cache_folder() / "s3rver/node_modules/@20minutes/s3rver/lib/cli.js";
  if (find_program("node").empty() || !fs::exists(program))
    return {};
  return program.string();
}

std::string install_s3rver() {
  if (const auto found = find_s3rver())
    return *found;
  const std::string folder = (cache_folder() / "s3rver").string();
  fs::create_directories(folder);
  const std::string mend =
      fmt::format("the local object store needs Node.js and npm, and once npm install {}", kS3rver);
  run_process({"npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts",
               "--fetch-retries", "1", kS3rver},
              folder + "/npm.log", mend);
  const auto found = find_s3rver();
  if (!found)
    throw std::runtime_error(mend);
  return *found;
}

const Credentials& LocalS3::credentials() {
  static const Credentials all{"S3RVER", "S3RVER", "", {}};  // s3rver knows no others
  return all;
}

LocalS3::LocalS3(const std::string& program, const std::string& folder) {
  fs::create_directories(folder + "/objects");
  const int port = free_port();
  server_ = std::make_unique<LocalServer>(
      std::vector<std::string>{"node", "-e", kStart, program, "--directory", folder + "/objects",
                               "--address", "127.0.0.1", "--port", std::to_string(port),
                               "--no-vhost-buckets", "--silent", "--configure-bucket", kBucket},
      port, folder + "/s3rver.log");
}

std::string LocalS3::endpoint() const {
  return fmt::format("http://127.0.0.1:{}", server_->port());
}

}  // namespace cloud
