// Metrics by name, and the worst pictures.
#include "tools/metrics.hh"

#include <algorithm>
#include <stdexcept>

#include <fmt/core.h>

namespace tools {

const Metric& metric_named(const std::string& name) {
  const auto* const at = std::ranges::find(kMetrics, name, &Metric::name);
  if (at == kMetrics.end())
    throw std::out_of_range("no metric is called " + name);
  return *at;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const Metric& metric : kMetrics)
    names.emplace_back(metric.name);
  return names;
}

std::string metric_text(const Metric& metric, const host::PictureQuality& quality) {
  return fmt::format("{:.{}f}", quality.*metric.value, metric.digits);
}

bool WorstPictures::add(std::int64_t picture, const host::PictureQuality& quality) {
  dropped_.reset();
  const auto value = [&](const Entry& entry) { return entry.quality.*metric_.value; };
  const auto at = std::ranges::upper_bound(list_, quality.*metric_.value, {}, value);
  if (static_cast<std::size_t>(at - list_.begin()) >= count_)
    return false;
  list_.insert(at, {picture, quality});
  if (list_.size() > count_) {
    dropped_ = list_.back().picture;
    list_.pop_back();
  }
  return true;
}

}  // namespace tools
