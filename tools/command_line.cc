// The command line, over CLI11.
#include "tools/command_line.hh"

#include <algorithm>
#include <cstdint>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

namespace tools {
namespace {

Check check_of(const CLI::Validator& validator) {
  return {.problem = [validator](std::string& text) { return validator(text); },
          .shape = validator.get_description()};
}

CLI::Validator validator_of(const Check& check) {
  return {check.problem, check.shape};
}

}  // namespace

template <typename T>
Check in_range(T min, T max) {
  return check_of(CLI::Range(min, max));
}

template Check in_range(int, int);
template Check in_range(std::int64_t, std::int64_t);
template Check in_range(std::uint64_t, std::uint64_t);
template Check in_range(double, double);

Check one_of(const std::vector<std::string>& words) {
  return check_of(CLI::IsMember(words));
}

Check word_of(const std::vector<std::string>& words) {
  const std::string list = fmt::format("{}", fmt::join(words, "|"));
  return {[words, list](std::string& text) -> std::string {
            const auto found = std::find(words.begin(), words.end(), text);
            if (found == words.end())
              return fmt::format("{} is not one of {}", text, list);
            text = std::to_string(found - words.begin());
            return {};
          },
          list};
}

Option Option::required() const {
  option_->required();
  return *this;
}

Option Option::check(const Check& check) const {
  option_->check(validator_of(check));
  return *this;
}

Option Option::transform(const Check& check) const {
  option_->transform(validator_of(check));
  return *this;
}

Option Option::shows_default() const {
  option_->capture_default_str();
  return *this;
}

Option Option::type_name(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Option Option::needs(Option other) const {
  option_->needs(other.option_);
  return *this;
}

Option Option::excludes(Option other) const {
  option_->excludes(other.option_);
  return *this;
}

Option Option::delimiter(char separator) const {
  option_->delimiter(separator);
  return *this;
}

Option Option::environment(const std::string& variable) const {
  option_->envname(variable);
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& description) const {
  return Command(*app_->add_subcommand(name, description));
}

Command Command::add_group(const std::string& name, const std::string& title) const {
  return Command(*app_->add_option_group(name, title));
}

template <typename T>
Option Command::add_option(const std::string& names,
                           T& variable,
                           const std::string& description) const {
  return Option(app_->add_option(names, variable, description));
}

template Option Command::add_option(const std::string&, std::string&, const std::string&) const;
template Option Command::add_option(const std::string&, int&, const std::string&) const;
template Option Command::add_option(const std::string&, std::int64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&) const;
template Option Command::add_option(const std::string&, double&, const std::string&) const;
template Option Command::add_option(const std::string&,
                                    std::optional<int>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&,
                                    std::optional<double>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&,
                                    std::vector<std::string>&,
                                    const std::string&) const;
template Option Command::add_option(const std::string&,
                                    std::vector<int>&,
                                    const std::string&) const;

Option Command::add_taker(const std::string& names,
                          const std::function<void(const std::string&)>& take,
                          const std::string& description) const {
  return Option(app_->add_option_function<std::string>(names, take, description));
}

Option Command::add_flag(const std::string& names,
                         bool& variable,
                         const std::string& description) const {
  return Option(app_->add_flag(names, variable, description));
}

Option Command::option(const std::string& name) const {
  return Option(app_->get_option(name));
}

void Command::require_subcommand() const {
  app_->require_subcommand(1);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::on_run(const std::function<void()>& work) const {
  app_->callback(work);
}

void Command::hide() const {
  app_->group("");
}

}  // namespace tools
