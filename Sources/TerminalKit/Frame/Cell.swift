// One cell of a frame: a plain value without references, so that frames copy and compare fast.

/// A character with its combining marks, or the right half of a wide character.
public struct Cell: Equatable, Sendable {
    /// The character; a blank in the right half of a wide one.
    public internal(set) var scalar: Unicode.Scalar
    /// At most three marks that join the character; zero is none. Further marks are left out.
    public internal(set) var marks: (UInt32, UInt32, UInt32)
    public internal(set) var style: Style
    /// 1 or 2 columns; 0 in the right half of a wide character.
    public internal(set) var width: UInt8

    init(_ scalar: Unicode.Scalar, width: Int, style: Style) {
        self.scalar = scalar
        marks = (0, 0, 0)
        self.style = style
        self.width = UInt8(width)
    }

    static func blank(_ style: Style) -> Cell { Cell(" ", width: 1, style: style) }

    public var isContinuation: Bool { width == 0 }

    mutating func add(mark: Unicode.Scalar) {
        if marks.0 == 0 {
            marks.0 = mark.value
        } else if marks.1 == 0 {
            marks.1 = mark.value
        } else if marks.2 == 0 {
            marks.2 = mark.value
        }
    }

    public static func == (one: Cell, other: Cell) -> Bool {
        one.scalar == other.scalar && one.style == other.style && one.width == other.width && one.marks == other.marks
    }

    func append(to text: inout String) {
        guard width > 0 else { return }
        text.unicodeScalars.append(scalar)
        for value in [marks.0, marks.1, marks.2] where value != 0 {
            if let mark = Unicode.Scalar(value) { text.unicodeScalars.append(mark) }
        }
    }
}
