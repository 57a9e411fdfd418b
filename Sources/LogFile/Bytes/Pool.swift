// Buffers that are made once and taken again for every block.

/// A row of buffers at fixed places; the first `count` are in use. Whoever takes one back empties it first.
struct Pool<Element: ~Copyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var made = 0
    private var capacity = 64
    private let make: () -> Element

    init(_ make: @escaping () -> Element) {
        self.make = make
        base = .allocate(capacity: capacity)
    }

    deinit {
        base.deinitialize(count: made)
        base.deallocate()
    }

    /// Takes one more into use and returns its place. Moves the row when it grows.
    mutating func take() -> Int {
        if count == made {
            if made == capacity {
                let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
                larger.moveInitialize(from: base, count: made)
                base.deallocate()
                base = larger
                capacity *= 2
            }
            (base + made).initialize(to: make())
            made += 1
        }
        count += 1
        return count - 1
    }

    mutating func removeAll() { count = 0 }
}
