// `fastslow cloud package`: the zip for AWS Lambda.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <fmt/core.h>

#include "cloud/package.hh"
#include "host/output_file.hh"
#include "tools/cloud_commands.hh"

namespace tools {
namespace {

constexpr double kMegabyte = 1e6;
constexpr const char* kWorkerProgram = "fastslow-worker";

struct Options {
  std::string output;
  std::string worker;
};

// Beside this program, unless the user says where.
std::string worker_program(const Options& options) {
  if (!options.worker.empty())
    return options.worker;
  const auto beside =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / kWorkerProgram;
  if (!std::filesystem::exists(beside)) {
    throw std::runtime_error(fmt::format(
        "there is no {} beside this program; build it, or name it with --worker", kWorkerProgram));
  }
  return beside;
}

void run(const Options& options) {
  const std::vector<cloud::PackagedFile> files = cloud::worker_package(worker_program(options));
  std::size_t unpacked = 0;
  for (const cloud::PackagedFile& file : files)
    unpacked += file.bytes.size();
  if (unpacked > cloud::kMostPackageBytes) {
    throw std::runtime_error(
        fmt::format("the worker and its libraries take {:.0f} MB, more than Lambda's {:.0f}; build "
                    "it without sanitizers, as a release",
                    static_cast<double>(unpacked) / kMegabyte,
                    static_cast<double>(cloud::kMostPackageBytes) / kMegabyte));
  }
  const cloud::Bytes zipped = cloud::zip(files);
  host::OutputFile file(options.output);
  file.write(zipped);
  file.commit();
  fmt::print(stderr, "{}: {} files, {:.1f} MB, unpacked {:.1f} MB\n", options.output, files.size(),
             static_cast<double>(zipped.size()) / kMegabyte,
             static_cast<double>(unpacked) / kMegabyte);
}

}  // namespace

void add_cloud_package(Command cloud) {
  const auto options = std::make_shared<Options>();
  const Command command = cloud.add_subcommand(
      "package", "Make the zip that AWS Lambda runs: the worker with its libraries and loader");
  command.add_option("-o,--output", options->output, "The zip file").required();
  command.add_option("--worker", options->worker,
                     "The worker program (fastslow-worker beside this one)");
  command.footer("Example:\n  fastslow cloud package -o fastslow.zip");
  command.on_run([options] { run(*options); });
}

}  // namespace tools
