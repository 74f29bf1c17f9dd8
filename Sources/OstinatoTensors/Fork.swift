#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Synchronization

/// What a child that `fork` makes must know: it has the memory of its parent, but only the thread that forked.
package enum Fork {
  private static let forks = Atomic<Int>(0)

  /// Held for reading by whoever holds a ``ForkSafeMutex``, for writing during a fork.
  fileprivate nonisolated(unsafe) static let gate: UnsafeMutablePointer<pthread_rwlock_t> = {
    let gate = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    open(gate)
    pthread_atfork({ pthread_rwlock_wrlock(Fork.gate) }, { pthread_rwlock_unlock(Fork.gate) }, { Fork.startChild() })
    return gate
  }()

  /// A number that is another one in a child than in its parent: what has another has threads that are not here.
  package static var generation: Int {
    _ = gate
    return forks.load(ordering: .relaxed)
  }

  private static func startChild() {
    // The old one counts readers that wait in the parent.
    open(gate)
    forks.wrappingAdd(1, ordering: .relaxed)
  }

  /// Makes a lock that does not let a fork wait for ever where calls overlap all the time.
  private static func open(_ gate: UnsafeMutablePointer<pthread_rwlock_t>) {
    #if canImport(Glibc)
      var attributes = pthread_rwlockattr_t()
      pthread_rwlockattr_init(&attributes)
      pthread_rwlockattr_setkind_np(&attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
      pthread_rwlock_init(gate, &attributes)
      pthread_rwlockattr_destroy(&attributes)
    #else
      pthread_rwlock_init(gate, nil)
    #endif
  }
}

/// A value behind a lock that is free in a forked child, whatever the parent's threads were about to do.
///
/// Swift's `Mutex` is not: a child whose parent held it waits for ever, and on Linux it knows a thread by a number that
/// is another one in the child. `body` is short and takes no other lock of this kind.
package final class ForkSafeMutex<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var value: Value

  package init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  package func withLock<Result, Failure: Error>(_ body: (inout Value) throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    pthread_rwlock_rdlock(Fork.gate)
    pthread_mutex_lock(mutex)
    defer {
      pthread_mutex_unlock(mutex)
      pthread_rwlock_unlock(Fork.gate)
    }
    return try body(&value)
  }
}
