// Options of rate control: one for each goal.
#include "tools/rate_options.hh"

#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>
#include <system_error>
#include <vector>

namespace tools {
namespace {

// The number that a text begins with, from above 0, and what is behind it.
struct Number {
  double value = 0;
  std::string_view rest;
};

std::optional<Number> parse_number(std::string_view text) {
  Number number;
  const char* const end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data(), end, number.value, std::chars_format::fixed);
  if (error != std::errc() || !std::isfinite(number.value) || number.value <= 0)
    return {};
  number.rest = std::string_view(stop, static_cast<std::size_t>(end - stop));
  return number;
}

// "500k": a number of at least 1, a letter behind it standing for a power of `thousand`.
std::optional<double> parse_scaled(const std::string& text, double thousand) {
  constexpr std::string_view letters = "kKmMgG";
  constexpr double most = 1e15;
  const std::optional<Number> number = parse_number(text);
  if (!number || number->rest.size() > 1)
    return {};
  double value = number->value;
  if (!number->rest.empty()) {
    const std::size_t letter = letters.find(number->rest.front());
    if (letter == std::string_view::npos)
      return {};
    for (std::size_t power = 0; power <= letter / 2; ++power)
      value *= thousand;
  }
  return value >= 1 && value <= most ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_bitrate(const std::string& text) {
  return parse_scaled(text, 1000);
}

std::optional<double> parse_size(const std::string& text) {
  const std::optional<double> size = parse_scaled(text, 1024);
  return size ? std::optional(std::floor(*size)) : size;
}

std::optional<double> parse_db(const std::string& text) {
  constexpr double most = 99;
  const std::optional<Number> number = parse_number(text);
  return number && number->rest.empty() && number->value <= most ? std::optional(number->value)
                                                                 : std::nullopt;
}

std::optional<double> parse_ssim(const std::string& text) {
  const std::optional<double> value = parse_db(text);
  if (!value || *value == 1)
    return {};
  return *value < 1 ? host::ssim_db(*value) : *value;
}

struct RateOption {
  const char* name;
  const char* value;
  const char* description;
  const char* shape;  // in the message for a bad value
  host::RateGoal goal;
  std::function<std::optional<double>(const std::string&)> parse;
};

std::vector<RateOption> rate_options() {
  return {
      {"--bitrate", "RATE",
       "Search the quality for this many bits per second on average, within 2 %; with k or M: "
       "thousands or millions",
       "a number of bits per second such as 500k or 1.5M", host::RateGoal::kBitrate, parse_bitrate},
      {"--max-size", "SIZE",
       "Search the best quality with a file of at most this many bytes; with k, M or G: powers "
       "of 1024",
       "a size such as 800k or 25M", host::RateGoal::kMaxSize, parse_size},
      {"--target-psnr", "DB",
       "Search the quality for this PSNR of luma, within 0.1 dB, as the summary tells it",
       "a number of dB such as 38.5, at most 99", host::RateGoal::kPsnr, parse_db},
      {"--target-ssim", "DB",
       "Search the quality for this SSIM of luma: in dB, which is -10 log10(1 - SSIM), within "
       "0.1 dB; or as SSIM itself, below 1",
       "an SSIM such as 0.97, or in dB such as 15", host::RateGoal::kSsim, parse_ssim}};
}

Option add_rate_option(Command command, RateOptions& options, const RateOption& option) {
  const auto take = [&options, option](const std::string& text) {
    const std::optional<double> wanted = option.parse(text);
    if (!wanted)
      throw UsageError(option.name, text + " is not " + option.shape);
    options.target = host::RateTarget{option.goal, *wanted};
    options.text = std::string(option.name) + " " + text;
  };
  return command.add_taker(option.name, take, option.description).type_name(option.value);
}

}  // namespace

void add_rate_options(Command command, RateOptions& options) {
  std::vector<Option> exclusive = {command.option("--cq")};
  for (const RateOption& option : rate_options()) {
    const Option added = add_rate_option(command, options, option);
    for (const Option other : exclusive)
      added.excludes(other);
    exclusive.push_back(added);
  }
}

}  // namespace tools
