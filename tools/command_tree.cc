// Walks what CLI11 was told about the command line.
#include "tools/command_tree.hh"

#include <utility>

#include <CLI/CLI.hpp>

namespace tools {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

// CLI11 calls a type NAME:CHECK, and checks may be choices: a|b|c.
void describe_value(const std::string& type, OptionText& text) {
  const std::size_t colon = type.find(':');
  const std::string check = colon == std::string::npos ? "" : type.substr(colon + 1);
  if (check.find('|') != std::string::npos) {
    text.choices = split(check, '|');
  }
  text.argument = type.substr(0, colon);
  if (text.argument.empty()) {
    text.argument = text.choices.empty() ? "VALUE" : check;
  }
}

OptionText describe(const CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_lnames()) {
    text.names.push_back("--" + name);
  }
  for (const std::string& name : option.get_snames()) {
    text.names.push_back("-" + name);
  }
  if (option.get_items_expected_max() > 0) {
    describe_value(option.get_type_name(), text);
  }
  if (text.names.empty()) {
    text.argument = option.get_name(true);
  }
  text.description = option.get_description();
  text.required = option.get_required();
  return text;
}

void add_options(const CLI::App& app, CommandText& command) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) {
      continue;
    }
    const bool named = option->nonpositional();
    (named ? command.options : command.positionals).push_back(describe(*option));
  }
}

CommandText walk(const CLI::App& app, std::vector<std::string> path) {
  CommandText command;
  command.path = std::move(path);
  command.description = app.get_description();
  command.footer = app.get_footer();
  add_options(app, command);
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_name().empty()) {  // a group of this command's own options
      add_options(*below, command);
    } else if (!below->get_group().empty()) {
      std::vector<std::string> names = command.path;
      names.push_back(below->get_name());
      command.commands.push_back(walk(*below, std::move(names)));
    }
  }
  return command;
}

void collect(const CommandText& command, std::vector<const CommandText*>& all) {
  all.push_back(&command);
  for (const CommandText& below : command.commands) {
    collect(below, all);
  }
}

}  // namespace

std::string CommandText::name(std::size_t skip) const {
  std::string joined;
  for (std::size_t i = skip; i < path.size(); ++i) {
    joined += (joined.empty() ? "" : " ") + path[i];
  }
  return joined;
}

CommandText command_tree(const Command& root, const std::string& program) {
  return walk(*root.app_, {program});
}

std::vector<const CommandText*> all_commands(const CommandText& root) {
  std::vector<const CommandText*> all;
  collect(root, all);
  return all;
}

}  // namespace tools
