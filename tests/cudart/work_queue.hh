// Work that was submitted and has not run: what each piece waits for, and which is next.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "tests/cudart/settings.hh"

namespace cudart_standin {

/// Names a piece of work; later ones are greater. 0 stands for work that was done long ago.
using Ticket = std::uint64_t;

struct Work {
  std::function<void()> run;
  /// The program's own function, which may take the program's locks.
  bool calls_host = false;
};

/// Knows nothing of streams: they are chains of work. Serves one thread at a time.
class WorkQueue {
 public:
  WorkQueue(Order order, std::uint32_t seed) : order_(order), random_(seed) {}

  /// Queues work behind all of `after`.
  Ticket add(std::span<const Ticket> after, Work work);

  [[nodiscard]] bool done(Ticket ticket) const { return !pieces_.contains(ticket); }
  [[nodiscard]] std::size_t size() const { return pieces_.size(); }
  /// The youngest piece that calls the host and has not started; 0 where there is none.
  [[nodiscard]] Ticket last_host_call() const;

  /// `targets` and what has to run before them, without what is done.
  [[nodiscard]] std::set<Ticket> needed_for(std::span<const Ticket> targets) const;

  struct Started {
    Ticket ticket = 0;
    Work work;
  };
  /// Takes the next piece on the way to `needed`, whatever the order says that this is. Nothing
  /// where pieces that another thread started have to finish first. `needed` has something left to
  /// do.
  std::optional<Started> start(const std::set<Ticket>& needed);
  /// What waits for a started piece may run now.
  void finish(Ticket ticket);
  /// Forgets all work.
  void clear();

 private:
  struct Piece {
    Work work;
    std::vector<Ticket> waits_for;
    std::vector<Ticket> followers;
    std::size_t open_waits = 0;
  };

  [[nodiscard]] std::optional<Ticket> choose(const std::set<Ticket>& needed);

  Order order_;
  std::mt19937 random_;
  Ticket last_ = 0;
  std::map<Ticket, Piece> pieces_;
  std::set<Ticket> ready_;
};

}  // namespace cudart_standin
