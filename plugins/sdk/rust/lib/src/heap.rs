//! Memory of a policy, in WebAssembly alone.
//!
//! The host puts the memory back after each call, so that nothing needs to be freed for
//! the next. That makes an allocator of a few lines the fastest and the smallest there is.
//! It takes back what was allocated last, which lets a text grow in its place.

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const PAGE: usize = 64 << 10;

/// How much room `reserve` sees to. A memory that grows during a call cannot be put back
/// and costs a new instance, so this is enough for documents of some 20 KB.
const RESERVED: usize = 160 << 10;

/// How much a memory grows at least.
const STEP: usize = 1 << 20;

extern "C" {
    /// Where the linker says that nothing of the module's own lies any more.
    static __heap_base: u8;
}

struct Heap {
    next: AtomicUsize, // the first free byte; 0 before the first use
    end: AtomicUsize,  // the first byte beyond the memory
}

#[global_allocator]
static HEAP: Heap = Heap {
    next: AtomicUsize::new(0),
    end: AtomicUsize::new(0),
};

/// Makes room for ordinary calls.
pub fn reserve() {
    let next = HEAP.next();
    let missing = (next + RESERVED).saturating_sub(wasm32::memory_size(0) * PAGE);
    if missing > 0 {
        wasm32::memory_grow(0, (missing + PAGE - 1) / PAGE);
    }
    HEAP.end.store(wasm32::memory_size(0) * PAGE, Relaxed);
}

impl Heap {
    fn next(&self) -> usize {
        match self.next.load(Relaxed) {
            // SAFETY: only the address is taken.
            0 => unsafe { ptr::addr_of!(__heap_base) as usize },
            next => next,
        }
    }

    /// Sees to it that the memory reaches to end.
    fn extend(&self, end: usize) -> bool {
        if end <= self.end.load(Relaxed) {
            return true;
        }
        self.grow(end)
    }

    #[cold]
    fn grow(&self, end: usize) -> bool {
        let size = wasm32::memory_size(0) * PAGE;
        if end > size {
            let missing = end - size;
            let pages = |bytes: usize| (bytes + PAGE - 1) / PAGE;
            if wasm32::memory_grow(0, pages(missing.max(STEP))) == usize::MAX
                && wasm32::memory_grow(0, pages(missing)) == usize::MAX
            {
                crate::guest::last_words("out of memory\n");
                return false;
            }
        }
        self.end.store(wasm32::memory_size(0) * PAGE, Relaxed);
        true
    }
}

// SAFETY: what alloc returns lies between next and the end of the memory, where nobody
// else is, and next moves beyond it. WebAssembly without threads has one caller at a time.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mask = layout.align() - 1;
        let start = (self.next() + mask) & !mask;
        match start.checked_add(layout.size()) {
            Some(end) if self.extend(end) => {
                self.next.store(end, Relaxed);
                start as *mut u8
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        if start as usize + layout.size() == self.next() {
            self.next.store(start as usize, Relaxed);
        }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if start as usize + layout.size() == self.next() {
            return match (start as usize).checked_add(size) {
                Some(end) if self.extend(end) => {
                    self.next.store(end, Relaxed);
                    start
                }
                _ => ptr::null_mut(),
            };
        }
        if size <= layout.size() {
            return start;
        }
        // SAFETY: the caller's promises about layout and size hold for the new place too,
        // and the old one, which is smaller, does not overlap with it.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(start, moved, layout.size());
            }
            moved
        }
    }
}
