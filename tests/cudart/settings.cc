#include "tests/cudart/settings.hh"

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

#include <unistd.h>

#include "tests/cudart/device_models.hh"

namespace cudart_standin {
namespace {

constexpr std::string_view kPrefix = "FAKE_CUDA_";

template <class Number>
void read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < Number{}) {
    throw std::invalid_argument("not a number in range");
  }
}

template <class Value>
void read_choice(std::string_view text,
                 const std::map<std::string_view, Value>& choices,
                 Value& value) {
  const auto found = choices.find(text);
  if (found == choices.end()) {
    throw std::invalid_argument("not one of its values");
  }
  value = found->second;
}

using Reader = std::function<void(std::string_view, Settings&)>;

const std::map<std::string_view, Reader>& readers() {
  static const std::map<std::string_view, bool> truths = {{"0", false}, {"1", true}};
  static const std::map<std::string_view, Order> orders = {
      {"in-order", Order::kInOrder}, {"late", Order::kLate}, {"seeded", Order::kSeeded}};
  static const std::map<std::string_view, ptx::Order> lanes = {{"forward", ptx::Order::kForward},
                                                               {"reverse", ptx::Order::kReverse},
                                                               {"shuffled", ptx::Order::kShuffled}};
  using Text = std::string_view;
  static const std::map<Text, Reader> all = {
      {"DEVICES", [](Text text, Settings& s) { read_number(text, s.device_count); }},
      {"OLD_DRIVER", [](Text text, Settings& s) { read_choice(text, truths, s.old_driver); }},
      {"DEVICE",
       [](Text text, Settings& s) {
         s.device = text;
         static_cast<void>(device_model(s.device));  // throws where there is none
       }},
      {"MEMORY", [](Text text, Settings& s) { read_number(text, s.memory_bytes); }},
      {"ORDER", [](Text text, Settings& s) { read_choice(text, orders, s.order); }},
      {"LANES", [](Text text, Settings& s) { read_choice(text, lanes, s.lanes); }},
      {"SEED", [](Text text, Settings& s) { read_number(text, s.seed); }},
      {"FAIL_ALLOCATION", [](Text text, Settings& s) { read_number(text, s.fail_allocation); }},
      {"FAIL_LAUNCH", [](Text text, Settings& s) { read_number(text, s.fail_launch); }},
      {"FAIL_SYNCHRONISE", [](Text text, Settings& s) { read_number(text, s.fail_synchronise); }},
      {"REPORT", [](Text text, Settings& s) { s.report_path = text; }}};
  return all;
}

void read_variable(std::string_view name, std::string_view value, Settings& settings) {
  try {
    const auto reader = readers().find(name);
    if (reader == readers().end()) {
      throw std::invalid_argument("no such setting");
    }
    reader->second(value, settings);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string(kPrefix) + std::string(name) + "=" +
                                std::string(value) + ": " + error.what());
  }
}

}  // namespace

Settings settings_from_environment() {
  Settings settings;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    const std::size_t equals = variable.find('=');
    if (variable.starts_with(kPrefix) && equals != std::string_view::npos) {
      read_variable(variable.substr(kPrefix.size(), equals - kPrefix.size()),
                    variable.substr(equals + 1), settings);
    }
  }
  return settings;
}

}  // namespace cudart_standin
