// `fastslow cloud check`: whether an encode would work with the configured cloud, in words.
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "cloud/check.hh"
#include "cloud/config.hh"
#include "cloud/error.hh"
#include "cloud/seal.hh"
#include "cloud/services.hh"
#include "tools/cloud_commands.hh"
#include "tools/files.hh"

namespace tools {
namespace {

struct Options {
  std::string config;
};

std::string as_text(const std::vector<cloud::Finding>& findings) {
  std::string text;
  for (const cloud::Finding& finding : findings) {
    text += fmt::format("{:<5}{}: {}\n", finding.good ? "ok" : "BAD", finding.what, finding.text);
    if (!finding.good)
      text += fmt::format("     {}\n", finding.mend);
  }
  return text;
}

void run(const Options& options) {
  const cloud::CloudConfig config = cloud::read_cloud_config(options.config);
  const std::string name = "check-" + cloud::sha256_hex(cloud::make_seal_key()).substr(0, 16);
  cloud::RunServices services(config, name, cloud::ExchangeKind::kAuto);
  const std::unique_ptr<gpu::Device> device = gpu::make_cpu_device();
  const std::vector<cloud::Finding> findings =
      cloud::check_services({services.store(), services.exchange(), services.invoker(), *device});
  write_text(as_text(findings));
  services.dismiss();
  for (const cloud::Finding& finding : findings) {
    if (!finding.good)
      throw std::runtime_error("the cloud is not ready: see above");
  }
}

}  // namespace

void add_cloud_check(Command cloud) {
  const auto options = std::make_shared<Options>();
  const Command command = cloud.add_subcommand(
      "check", "Try bucket, exchange and workers, and encode a tiny clip; tell what is missing");
  command.add_option("--cloud", options->config, "The cloud's configuration, see cloud/README.md")
      .environment("FASTSLOW_CLOUD")
      .required();
  command.footer("Example:\n  fastslow cloud check --cloud cloud.json");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
