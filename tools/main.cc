// `fastslow`: wires the subcommands, and turns what they throw into a message and an exit code.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/output_file.hh"
#include "tools/commands.hh"
#include "tools/farewell.hh"
#include "tools/files.hh"

namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

extern "C" void leave_on_signal(int signal) {
  host::remove_partial_files();
  tools::say_farewell();
  ::_exit(128 + signal);
}

void set_signals() {
  // A closed pipe and a limit on file sizes are errors of the write.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (std::signal(signal, leave_on_signal) == SIG_IGN) {
      std::signal(signal, SIG_IGN);  // as nohup wants it
    }
  }
}

// Pictures come and go all the time. Giving their memory back to the system and faulting it in
// again costs 5 % of an encode; faulting it in at all, in small pages on a virtual machine, another
// 15 %. So one heap, which grows in large steps and is never trimmed; its first step asks for large
// pages.
void prepare_heap() {
  constexpr int kStep = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, kStep);
  mallopt(M_TOP_PAD, kStep);
  mallopt(M_ARENA_MAX, 1);
  constexpr std::size_t kPage = 2 << 20;
  void* volatile first = std::malloc(kPage);  // volatile: or the compiler does without
  const auto begin = (reinterpret_cast<std::uintptr_t>(first) + kPage - 1) / kPage * kPage;
  const auto end = reinterpret_cast<std::uintptr_t>(::sbrk(0));
  if (begin < end)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::free(first);
}

void declare(CLI::App& app) {
  app.name("fastslow");
  app.description("fastslow: a massively parallel VP8 encoder that works on explicit states");
  app.set_version_flag("--version", "fastslow " FASTSLOW_VERSION, "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.require_subcommand(1);
  app.footer(
      "Every subcommand has its own help and an example: fastslow encode --help\n"
      "Exit codes: 0 done, 1 failed (see the message), 2 the command line makes no sense.\n\n"
      "Example:\n  fastslow encode in.mp4 -o out.ivf --cq 24 && ffplay out.ivf");
  const tools::Command command(app);
  tools::add_encode(command);
  tools::add_edit(command);
  tools::add_decode(command);
  tools::add_rebase(command);
  tools::add_plan(command);
  tools::add_inspect(command);
  tools::add_quality(command);
  tools::add_bench(command);
  tools::add_profile(command);
  tools::add_compare(command);
  tools::add_report(command);
  tools::add_state(command);
  tools::add_devices(command);
  tools::add_documentation(command);
  tools::add_simulate(command);
  tools::add_splice(command);
  tools::add_worker(command);
  tools::add_cloud(command);
}

// The subcommand that the command line names, else the program itself.
const CLI::App& chosen(const CLI::App& app) {
  const std::vector<const CLI::App*> subcommands =
      app.get_subcommands([](const CLI::App* a) { return a->parsed(); });
  return subcommands.empty() ? app : *subcommands.front();
}

std::string usage_message(const CLI::App& app, const std::string& what) {
  const CLI::App& command = chosen(app);
  const std::string name = &command == &app ? "" : " " + command.get_name();
  return fmt::format("fastslow{}: {}; see fastslow{} --help\n", name, what, name);
}

// Parses, and runs the subcommand. Returns what the user asked to read instead: help or version.
std::string parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return {};
  } catch (const CLI::CallForVersion& version) {
    return fmt::format("{}\n", version.what());
  } catch (const CLI::Success&) {
    return app.help();
  }
}

int fail(int code, const std::string& message) {
  fmt::print(stderr, "{}", message);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  set_signals();
  prepare_heap();
  CLI::App app;
  try {
    declare(app);
    if (const std::string text = parse(app, argc, argv); !text.empty()) {
      tools::write_text(text);
    }
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& error) {
    return fail(kUsage, usage_message(app, error.what()));
  } catch (const tools::UsageError& error) {
    return fail(kUsage, usage_message(app, error.what()));
  } catch (const std::bad_alloc&) {
    return fail(kFailure,
                "fastslow: there is not enough memory; close other programs, or encode with fewer "
                "--threads or --chunk-frames\n");
  } catch (const std::exception& error) {
    return fail(kFailure, fmt::format("fastslow: {}\n", error.what()));
  }
}
