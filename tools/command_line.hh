// The command line, over CLI11, whose header costs every file that includes it five seconds of
// compile time: only command_line.cc, command_tree.cc and the files with main() do.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tools {

class Command;
struct CommandText;

/// A command line that makes no sense. The program ends with exit code 2 and this text.
class UsageError : public std::runtime_error {
 public:
  /// `options`: which ones it is about; `problem`: what is wrong, and how to mend it.
  UsageError(const std::string& options, const std::string& problem)
      : std::runtime_error(options + ": " + problem) {}
};

/// What a value's text must be like.
struct Check {
  /// Returns what is wrong with the text, nothing if it is right. May change the text where it is
  /// given to Option::transform.
  std::function<std::string(std::string&)> problem;
  std::string shape;  ///< for the help: "0..63"
};

/// A number from `min` to `max`, both included. For int, std::int64_t, std::uint64_t and double.
template <typename T>
Check in_range(T min, T max);
/// One of these words.
Check one_of(const std::vector<std::string>& words);
/// One of these words, which Option::transform makes its place in the list: for enumerations.
Check word_of(const std::vector<std::string>& words);

/// A declared option or argument; a handle, valid as long as the program's command line. The
/// members say more about it and return it.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option required() const;
  /// The text must pass.
  Option check(const Check& check) const;
  /// The text must pass, and becomes what the check makes of it.
  Option transform(const Check& check) const;
  /// The help shows the value that the variable has now.
  Option shows_default() const;
  /// What the help shows as the value's type.
  Option type_name(const std::string& name) const;
  /// Makes sense only beside the other.
  Option needs(Option other) const;
  /// Makes no sense beside the other.
  Option excludes(Option other) const;
  /// Separates the values of a list that is one word.
  Option delimiter(char separator) const;
  /// Where the value comes from if it is not given.
  Option environment(const std::string& variable) const;

 private:
  CLI::Option* option_;
};

/// A subcommand, or a group of its options; a handle likewise.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command add_subcommand(const std::string& name, const std::string& description) const;
  /// Options that stand under a title of their own in the help.
  Command add_group(const std::string& name, const std::string& title) const;
  /// `names` as "-o,--output", or "IN" for an argument that has its place. The variable must live
  /// as long as the command line. For std::string, numbers, and vectors and optionals of them.
  template <typename T>
  Option add_option(const std::string& names, T& variable, const std::string& description) const;
  /// An enumeration: its texts must become its numbers by Option::transform.
  template <typename T>
  requires std::is_enum_v<T> Option add_option(const std::string& names,
                                               T& variable,
                                               const std::string& description)
  const {
    return add_taker(
        names, [&variable](const std::string& text) { variable = static_cast<T>(std::stoi(text)); },
        description);
  }
  /// An option whose text `take` is called with.
  Option add_taker(const std::string& names,
                   const std::function<void(const std::string&)>& take,
                   const std::string& description) const;
  /// True where it is given; "--resume,!--no-resume" has a form for false as well.
  Option add_flag(const std::string& names, bool& variable, const std::string& description) const;
  /// The option that has this name.
  Option option(const std::string& name) const;

  /// One of its subcommands must be given.
  void require_subcommand() const;
  /// What stands under the help: examples.
  void footer(const std::string& text) const;
  /// What the command does once the command line is read.
  void on_run(const std::function<void()>& work) const;
  /// Leaves it out of all help.
  void hide() const;

 private:
  friend CommandText command_tree(const Command& root, const std::string& program);

  CLI::App* app_;
};

}  // namespace tools
