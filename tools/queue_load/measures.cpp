#include "measures.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "queue.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Queues = std::vector<std::unique_ptr<Queue>>;

// Bulk for those who feed a load, and how far ahead of the workers they may be.
constexpr int feed_batch = 100;
constexpr int feeder_count = 2;
constexpr long most_waiting = 20000;

Queues open(const Options& options, int count) {
    Queues queues;
    for (int i = 0; i < count; ++i) {
        queues.push_back(make_queue(options.queue, i));
    }
    return queues;
}

// A thread for each connection. An error ends the program: what the others measure is void.
std::vector<std::jthread> start_each(Queues& queues, const std::function<void(Queue&)>& body) {
    std::vector<std::jthread> threads;
    for (auto& queue : queues) {
        threads.emplace_back([&body, &queue] {
            try {
                body(*queue);
            } catch (const std::exception& error) {
                std::fprintf(stderr, "queue_load: %s\n", error.what());
                std::_Exit(1);
            }
        });
    }
    return threads;
}

void print_rate(long jobs, Clock::time_point start) {
    const std::chrono::duration<double> elapsed = Clock::now() - start;
    std::printf("%.0f\n", static_cast<double>(jobs) / elapsed.count());
}

void pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

// Works until told otherwise; counts what is done.
void work(Queue& queue, int batch, std::atomic<long>& done, const std::function<bool()>& is_over) {
    while (!is_over()) {
        const int jobs = queue.work(batch);
        done += jobs;
        if (jobs == 0) {
            pause();
        }
    }
}

void feed(Queue& queue, std::atomic<long>& created, const std::atomic<long>& done,
          const std::atomic<bool>& is_over) {
    while (!is_over) {
        if (created - done > most_waiting) {
            pause();
            continue;
        }
        queue.enqueue(feed_batch);
        created += feed_batch;
    }
}

void print_each_second(int seconds, const std::atomic<long>& done) {
    long before = done;
    auto next = Clock::now();
    for (int i = 0; i < seconds; ++i) {
        next += std::chrono::seconds{1};
        std::this_thread::sleep_until(next);
        const long now = done;
        std::printf("%ld\n", now - before);
        std::fflush(stdout);
        before = now;
    }
}

}  // namespace

void enqueue(const Options& options) {
    auto queues = open(options, options.connections);
    std::atomic<long> left = options.amount;
    const auto start = Clock::now();
    start_each(queues, [&](Queue& queue) {
        while (left.fetch_sub(options.batch) > 0) {
            queue.enqueue(options.batch);
        }
    }).clear();
    print_rate(options.amount, start);
}

void process(const Options& options) {
    auto queues = open(options, options.connections);
    std::atomic<long> done = 0;
    const auto start = Clock::now();
    start_each(queues, [&](Queue& queue) {
        work(queue, options.batch, done, [&] { return done >= options.amount; });
    }).clear();
    print_rate(done, start);
}

void load(const Options& options) {
    auto feeders = open(options, feeder_count);
    auto workers = open(options, options.connections);
    std::atomic<long> created = 0;
    std::atomic<long> done = 0;
    std::atomic<bool> is_over = false;
    const std::function<void(Queue&)> feeding = [&](Queue& queue) {
        feed(queue, created, done, is_over);
    };
    const std::function<void(Queue&)> working = [&](Queue& queue) {
        work(queue, options.batch, done, [&] { return is_over.load(); });
    };
    const auto feeding_threads = start_each(feeders, feeding);
    const auto working_threads = start_each(workers, working);
    print_each_second(options.amount, done);
    is_over = true;
}

void latency(const Options& options) {
    const auto maker = make_queue(options.queue, 0);
    const auto sleeper = make_queue(options.queue, 0);
    std::mt19937 random{20261121};
    std::uniform_int_distribution length{20, 60};
    for (int i = 0; i < options.amount; ++i) {
        auto claimed = std::async(std::launch::async, [&sleeper] {
            sleeper->sleep_until_claimed();
            return Clock::now();
        });
        std::this_thread::sleep_for(std::chrono::milliseconds{length(random)});
        maker->begin_with_job();
        const auto committed = Clock::now();
        maker->commit();
        const std::chrono::duration<double, std::milli> taken = claimed.get() - committed;
        std::printf("%.3f\n", taken.count());
        sleeper->complete_claimed();
    }
}
