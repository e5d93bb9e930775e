#include "tests/cudart/work_queue.hh"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cudart_standin {

Ticket WorkQueue::add(std::span<const Ticket> after, Work work) {
  const Ticket ticket = ++last_;
  Piece piece{.work = std::move(work), .waits_for = {}, .followers = {}, .open_waits = 0};
  for (const Ticket earlier : after) {
    const auto found = pieces_.find(earlier);
    if (found != pieces_.end()) {
      found->second.followers.push_back(ticket);
      piece.waits_for.push_back(earlier);
      ++piece.open_waits;
    }
  }
  if (piece.open_waits == 0) {
    ready_.insert(ticket);
  }
  pieces_.emplace(ticket, std::move(piece));
  return ticket;
}

Ticket WorkQueue::last_host_call() const {
  const auto found = std::find_if(pieces_.rbegin(), pieces_.rend(), [](const auto& entry) {
    return entry.second.work.calls_host && entry.second.work.run != nullptr;
  });
  return found == pieces_.rend() ? 0 : found->first;
}

std::set<Ticket> WorkQueue::needed_for(std::span<const Ticket> targets) const {
  std::set<Ticket> needed;
  std::vector<Ticket> open(targets.begin(), targets.end());
  while (!open.empty()) {
    const Ticket ticket = open.back();
    open.pop_back();
    const auto found = pieces_.find(ticket);
    if (found != pieces_.end() && needed.insert(ticket).second) {
      const auto& earlier = found->second.waits_for;
      open.insert(open.end(), earlier.begin(), earlier.end());
    }
  }
  return needed;
}

std::optional<Ticket> WorkQueue::choose(const std::set<Ticket>& needed) {
  if (ready_.empty()) {
    return std::nullopt;
  }
  switch (order_) {
    case Order::kInOrder:
      return *ready_.begin();
    case Order::kSeeded:
      return *std::next(ready_.begin(), static_cast<std::ptrdiff_t>(random_() % ready_.size()));
    case Order::kLate:
      break;
  }
  const auto youngest = std::find_if(ready_.rbegin(), ready_.rend(),
                                     [&](Ticket ticket) { return needed.contains(ticket); });
  return youngest == ready_.rend() ? std::nullopt : std::optional(*youngest);
}

std::optional<WorkQueue::Started> WorkQueue::start(const std::set<Ticket>& needed) {
  const std::optional<Ticket> ticket = choose(needed);
  if (!ticket) {
    return std::nullopt;
  }
  ready_.erase(*ticket);
  return Started{.ticket = *ticket, .work = std::exchange(pieces_.at(*ticket).work, {})};
}

void WorkQueue::finish(Ticket ticket) {
  const auto found = pieces_.find(ticket);
  if (found == pieces_.end()) {
    return;  // cleared while it ran
  }
  for (const Ticket follower : found->second.followers) {
    if (--pieces_.at(follower).open_waits == 0) {
      ready_.insert(follower);
    }
  }
  pieces_.erase(found);
}

void WorkQueue::clear() {
  pieces_.clear();
  ready_.clear();
}

}  // namespace cudart_standin
