import CKernels

/// Tells the processor that a loop waits for another thread, which may share its core.
@inline(__always)
package func pauseProcessor() { ck_pause() }
