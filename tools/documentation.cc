// `fastslow documentation`, hidden: the manual page and the shells' completions, which installing
// makes.
#include <memory>
#include <string>

#include <fmt/core.h>

#include "tools/commands.hh"
#include "tools/completions.hh"
#include "tools/files.hh"
#include "tools/manual_page.hh"

namespace tools {
namespace {

std::string document(const std::string& kind, const CommandText& program) {
  if (kind == "man") {
    return manual_page(program, FASTSLOW_VERSION);
  }
  if (kind == "bash") {
    return bash_completion(program);
  }
  return kind == "zsh" ? zsh_completion(program) : fish_completion(program);
}

}  // namespace

void add_documentation(Command app) {
  const auto kind = std::make_shared<std::string>();
  const Command command = app.add_subcommand(
      "documentation", "Print the manual page, or what a shell completes commands by");
  command.hide();
  command.add_option("KIND", *kind, "man, bash, zsh or fish")
      .required()
      .check(one_of({"man", "bash", "zsh", "fish"}));
  command.footer("Example:\n  fastslow documentation man | man -l -");
  command.on_run([app, kind] { write_text(document(*kind, command_tree(app, "fastslow"))); });
}

}  // namespace tools
