// Writes completions for bash, zsh and fish: one case, function call or line for each command.
#include "tools/completions.hh"

#include <string_view>

#include <fmt/core.h>
#include <fmt/ranges.h>

namespace tools {
namespace {

std::vector<std::string> names_of(const std::vector<CommandText>& commands) {
  std::vector<std::string> names;
  for (const CommandText& command : commands) {
    names.push_back(command.path.back());
  }
  return names;
}

std::string option_names(const CommandText& command) {
  std::vector<std::string> names;
  for (const OptionText& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

// In single quotes, for any shell; `also`: characters that need a backslash besides.
std::string in_quotes(std::string_view text, std::string_view also = "") {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += "'\\''";
      continue;
    }
    if (also.find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result + "'";
}

// Lines of a `case` that goes down from a command to those below it.
std::string descents(const CommandText& program) {
  std::string lines;
  for (const CommandText* command : all_commands(program)) {
    if (command != &program) {
      lines += fmt::format("      {}) command={} ;;\n", in_quotes(command->name()),
                           in_quotes(command->name()));
    }
  }
  return lines;
}

std::string bash_choices(const CommandText& command) {
  std::string lines;
  for (const OptionText& option : command.options) {
    for (const std::string& name : option.names) {
      if (!option.choices.empty()) {
        lines += fmt::format("    {}) words={} ;;\n", in_quotes(command.name() + " " + name),
                             in_quotes(fmt::format("{}", fmt::join(option.choices, " "))));
      } else if (!option.argument.empty()) {
        lines += fmt::format("    {}) words= ;;\n", in_quotes(command.name() + " " + name));
      }
    }
  }
  return lines;
}

std::string zsh_value(const OptionText& option) {
  if (option.argument.empty()) {
    return "";
  }
  return option.choices.empty() ? ":value:_files"
                                : fmt::format(":value:({})", fmt::join(option.choices, " "));
}

std::string zsh_arguments(const CommandText& command) {
  std::string lines = fmt::format("    {})\n      _arguments", in_quotes(command.name()));
  for (const OptionText& option : command.options) {
    const std::string text = in_quotes(option.description, "[]:\\");
    for (const std::string& name : option.names) {
      lines += fmt::format(" \\\n        {}'['{}']{}'", name, text, zsh_value(option));
    }
  }
  const std::string rest =
      command.commands.empty()
          ? "'*:file:_files'"
          : fmt::format("'1:command:({})'", fmt::join(names_of(command.commands), " "));
  return lines + fmt::format(" \\\n        {}\n      ;;\n", rest);
}

std::string fish_option(const std::string& where, const OptionText& option) {
  std::string line = "complete -c fastslow -n " + where;
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    line += fmt::format(" -x -a '{}'", fmt::join(option.choices, " "));
  } else if (!option.argument.empty()) {
    line += " -r -F";
  }
  // fish ends a quoted quote by a backslash alone, unlike other shells.
  std::string text;
  for (const char c : option.description) {
    text += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return fmt::format("{} -d '{}'\n", line, text);
}

std::string fish_lines(const CommandText& command) {
  const std::string where = fmt::format("'test (__fastslow_command) = \"{}\"'", command.name());
  std::string lines;
  for (const CommandText& below : command.commands) {
    lines += fmt::format("complete -c fastslow -f -n {} -a {}\n", where, below.path.back());
  }
  for (const OptionText& option : command.options) {
    lines += fish_option(where, option);
  }
  return lines;
}

}  // namespace

std::string bash_completion(const CommandText& program) {
  std::string words;
  std::string choices;
  for (const CommandText* command : all_commands(program)) {
    words += fmt::format("    {}) options={} commands={} ;;\n", in_quotes(command->name()),
                         in_quotes(option_names(*command)),
                         in_quotes(fmt::format("{}", fmt::join(names_of(command->commands), " "))));
    choices += bash_choices(*command);
  }
  return fmt::format(
      "# Completion of fastslow for bash, made by `fastslow documentation bash`.\n"
      "_fastslow() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  local command=fastslow word options commands words\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"$command $word\" in\n{}    esac\n  done\n"
      "  case $command in\n{}  esac\n"
      "  words=$commands\n"
      "  [[ $current == -* ]] && words=$options\n"
      "  case \"$command $previous\" in\n{}  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}}\n"
      "complete -o default -F _fastslow fastslow\n",
      descents(program), words, choices);
}

std::string zsh_completion(const CommandText& program) {
  std::string cases;
  for (const CommandText* command : all_commands(program)) {
    cases += zsh_arguments(*command);
  }
  return fmt::format(
      "#compdef fastslow\n"
      "# Completion of fastslow for zsh, made by `fastslow documentation zsh`.\n"
      "_fastslow() {{\n"
      "  local command=fastslow before word\n"
      "  local -i i depth=0\n"
      "  for ((i = 2; i < CURRENT; ++i)); do\n"
      "    before=$command\n"
      "    case \"$command ${{words[i]}}\" in\n{}    esac\n"
      "    [[ $command == $before ]] || depth=i-1\n"
      "  done\n"
      "  shift $depth words\n"
      "  ((CURRENT -= depth))\n"
      "  case $command in\n{}  esac\n"
      "}}\n"
      "_fastslow \"$@\"\n",
      descents(program), cases);
}

std::string fish_completion(const CommandText& program) {
  std::string lines;
  for (const CommandText* command : all_commands(program)) {
    lines += fish_lines(*command);
  }
  std::string cases;
  for (const CommandText* command : all_commands(program)) {
    if (command != &program) {
      cases += fmt::format("      case '{}'\n        set command '{}'\n", command->name(),
                           command->name());
    }
  }
  return fmt::format(
      "# Completion of fastslow for fish, made by `fastslow documentation fish`.\n"
      "function __fastslow_command\n"
      "  set -l command fastslow\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    switch \"$command $word\"\n{}    end\n"
      "  end\n"
      "  echo $command\n"
      "end\n{}",
      cases, lines);
}

}  // namespace tools
