#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif
import OstinatoKernels
import OstinatoTensors
import Synchronization

/// Threads that share the pieces of one piece of work. They sleep while there is none.
///
/// Any number of callers may run work at once; each takes part in its own. In a child that `fork` made, a pool has new
/// threads from its first work on.
public final class ThreadPool: Sendable {
  /// How many threads work at once, the caller included.
  public let threadCount: Int
  private let current: Atomic<Unmanaged<Crew>>
  /// When the last call ended that had work for several threads, long ago where there was none; see ``team(for:)``.
  let lastCallEnd = Atomic<Int64>(.min / 2)

  /// As many threads as the machine has processors.
  public static let shared = ThreadPool(threadCount: processorCount)

  /// The number of processors that are online.
  public static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

  /// - Parameter threadCount: at least 1: the caller of ``run(count:_:)`` itself.
  public init(threadCount: Int) {
    precondition(threadCount > 0, "a pool has at least one thread")
    let crew = Crew(workers: threadCount - 1)
    self.threadCount = crew.threads.count + 1
    self.current = Atomic(.passRetained(crew))
  }

  deinit { current.load(ordering: .acquiring).takeRetainedValue().dismiss() }

  /// Calls `body` once for each index below `count`, on several threads, and returns when all calls have.
  /// - Parameter body: is told who calls it too: calls that run at once have different workers, all below
  ///   ``threadCount``.
  public func run(count: Int, _ body: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void) {
    Team(of: self).run(count: count, body)
  }

  func run(
    count: Int, team: Team.ID, wakes: Bool, _ body: @escaping @Sendable (_ index: Int, _ worker: Int) -> Void
  ) {
    guard count > 1, threadCount > 1 else {
      for index in 0..<max(count, 0) { body(index, 0) }
      return
    }
    let board = crew().board
    let job = Job(count: count, team: team, body: body)
    let post = board.post(job, wakes: wakes)
    job.work()
    board.finish(job, after: post)
  }

  /// The threads of this process.
  private func crew() -> Crew {
    let found = current.load(ordering: .acquiring)
    let crew = found.takeUnretainedValue()
    guard crew.generation != Fork.generation else { return crew }
    let fresh = Crew(workers: threadCount - 1)
    let (exchanged, winner) = current.compareExchange(
      expected: found, desired: .passRetained(fresh), ordering: .acquiringAndReleasing)
    // The parent's crew is left as it is: its lock may be held by a thread that is not here.
    if exchanged { return fresh }
    fresh.dismiss()
    Unmanaged.passUnretained(fresh).release()
    return winner.takeUnretainedValue()
  }
}

/// Workers and the board where they find work.
private final class Crew: Sendable {
  let board = Board()
  let threads: [pthread_t]
  /// The process that the threads are of.
  let generation = Fork.generation

  init(workers: Int) {
    let board = board
    threads = (0..<workers).compactMap { _ in Self.startWorker(board) }
  }

  /// Waits for the end of the threads, if they are this process's.
  func dismiss() {
    guard generation == Fork.generation else { return }
    board.close()
    for thread in threads {
      // A worker may be the last to know the pool.
      if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }
  }

  private static func startWorker(_ board: Board) -> pthread_t? {
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let context = Unmanaged.passRetained(board).toOpaque()
    let failure = pthread_create(&thread, nil, { enterWorker($0) }, context)
    guard failure == 0 else {
      Unmanaged<Board>.fromOpaque(context).release()
      return nil
    }
    return thread
  }
}

#if canImport(Darwin)
  private func enterWorker(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<Board>.fromOpaque(context).takeRetainedValue().serve()
    return nil
  }
#else
  private func enterWorker(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    Unmanaged<Board>.fromOpaque(context).takeRetainedValue().serve()
    return nil
  }
#endif

/// One call of ``ThreadPool/run(count:_:)``: indices that threads take until none is left.
private final class Job: Sendable {
  let count: Int
  /// Whose members help with it while they wait for another of its jobs.
  let team: Team.ID
  private let body: @Sendable (Int, Int) -> Void
  private let workers = Atomic<Int>(0)
  private let next = Atomic<Int>(0)
  private let done = Atomic<Int>(0)

  init(count: Int, team: Team.ID, body: @escaping @Sendable (Int, Int) -> Void) {
    self.count = count
    self.team = team
    self.body = body
  }

  /// Whether every index has been taken.
  var isExhausted: Bool { next.load(ordering: .relaxed) >= count }
  /// Whether every call has returned.
  var isDone: Bool { done.load(ordering: .sequentiallyConsistent) == count }

  /// Takes and does indices until none is left. True when this thread did the last one.
  @discardableResult
  func work() -> Bool {
    let worker = workers.wrappingAdd(1, ordering: .relaxed).oldValue
    var finished = false
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return finished }
      body(index, worker)
      finished = done.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue == count
    }
  }
}

/// Where callers post jobs and workers find them.
private final class Board: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  /// What sleeping workers and callers wait for.
  private let wakeWorkers = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let wakeCallers = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [Job] = []
  private var isClosed = false
  /// How many jobs have been posted: what a thread that is not asleep yet looks at.
  private let postCount = Atomic<Int>(0)
  /// How many callers sleep, or are about to, until their job is done.
  private let sleepingCallers = Atomic<Int>(0)

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wakeWorkers, nil)
    pthread_cond_init(wakeCallers, nil)
  }

  deinit {
    pthread_cond_destroy(wakeCallers)
    pthread_cond_destroy(wakeWorkers)
    pthread_mutex_destroy(mutex)
    wakeCallers.deallocate()
    wakeWorkers.deallocate()
    mutex.deallocate()
  }

  /// Returns how many jobs have been posted.
  /// - Parameter wakes: whether workers that sleep are to know of it.
  func post(_ job: Job, wakes: Bool) -> Int {
    lock()
    let isPart = jobs.contains { $0.team == job.team }
    jobs.append(job)
    if wakes { pthread_cond_broadcast(wakeWorkers) }
    if isPart { pthread_cond_broadcast(wakeCallers) }
    pthread_mutex_unlock(mutex)
    // After the lock: a thread that sees it wants the lock at once.
    return postCount.wrappingAdd(1, ordering: .releasing).newValue
  }

  /// Waits until the calls that other threads took have returned, helps with what the team posts meanwhile, and takes the
  /// job off the board.
  /// - Parameter post: how many jobs had been posted with this one.
  func finish(_ job: Job, after post: Int) {
    var seen = post
    help(until: job, &seen)
    while let other = sleep(until: job) {
      work(on: other)
      help(until: job, &seen)
    }
  }

  /// Looks until `job` is done, or for so long in vain that the thread had better go to sleep.
  private func help(until job: Job, _ seen: inout Int) {
    var spins = 0
    while !job.isDone, spins < Self.spins {
      let posts = postCount.load(ordering: .acquiring)
      if posts == seen {
        pauseProcessor()
        spins += 1
      } else {
        seen = posts
        while !job.isDone, workOnce(waits: false, team: job.team) { spins = 0 }
      }
    }
  }

  /// Sleeps until `job` is done, or there is one of its team to help with, which is the answer.
  private func sleep(until job: Job) -> Job? {
    lock()
    defer { pthread_mutex_unlock(mutex) }
    if !job.isDone {
      sleepingCallers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      defer { sleepingCallers.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
      while !job.isDone {
        if let other = openJob(of: job.team) { return other }
        pthread_cond_wait(wakeCallers, mutex)
      }
    }
    jobs.removeAll { $0 === job }
    return nil
  }

  /// Takes the lock, which others hold for moments only: a thread that went to sleep for it at once would lose more.
  private func lock() {
    for _ in 0..<Self.attempts {
      if pthread_mutex_trylock(mutex) == 0 { return }
      pauseProcessor()
    }
    pthread_mutex_lock(mutex)
  }

  private static let attempts = 200

  /// How often a thread looks before it goes to sleep, from which it takes long to wake: for a fifth of a millisecond or
  /// so.
  private static let spins = 8_000

  func close() {
    lock()
    isClosed = true
    pthread_cond_broadcast(wakeWorkers)
    pthread_mutex_unlock(mutex)
    postCount.wrappingAdd(1, ordering: .releasing)
  }

  /// A worker's life.
  func serve() {
    while true {
      let seen = postCount.load(ordering: .acquiring)
      if workOnce(waits: false) { continue }
      // The next step of a program comes soon, if it does.
      for _ in 0..<Self.spins {
        if postCount.load(ordering: .relaxed) != seen { break }
        pauseProcessor()
      }
      if postCount.load(ordering: .relaxed) == seen, !workOnce(waits: true) { return }
    }
  }

  /// Works on the next job, of `team` if that is given, if there is one or comes to be; false when there is none.
  ///
  /// The job is let go of outside the lock: with the last one the pool itself may end, which takes the lock.
  private func workOnce(waits: Bool, team: Team.ID? = nil) -> Bool {
    guard let job = nextJob(waits: waits, team: team) else { return false }
    work(on: job)
    return true
  }

  private func work(on job: Job) {
    if job.work() { announceFinish() }
  }

  private func nextJob(waits: Bool, team: Team.ID?) -> Job? {
    lock()
    defer { pthread_mutex_unlock(mutex) }
    while !isClosed {
      if let job = openJob(of: team) { return job }
      guard waits else { return nil }
      pthread_cond_wait(wakeWorkers, mutex)
    }
    return nil
  }

  /// The first job that is not exhausted, of `team` if that is given.
  private func openJob(of team: Team.ID?) -> Job? {
    jobs.first { !$0.isExhausted && (team == nil || $0.team == team) }
  }

  /// Wakes callers that have gone to sleep. One that has not sees for itself that its job is done.
  private func announceFinish() {
    guard sleepingCallers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    lock()
    pthread_cond_broadcast(wakeCallers)
    pthread_mutex_unlock(mutex)
  }
}
