// JSON that comes from files is bounded by what it says, not by its bytes alone: taken apart, each value takes dozens of bytes, whatever it is,
// and a few kilobytes of an archive unfold to millions of them.

public enum JSONBound {
    /// Keys, values and brackets. The largest manifest that this program writes has three millions.
    public static let most = 1 << 22

    /// Whether a text says no more than can be taken apart in little memory. Of what is no JSON it says nothing.
    public static func holds(_ text: [UInt8], most: Int = most) -> Bool {
        if text.count <= most { return true }
        return text.withUnsafeBufferPointer { bytes in
            var (marks, isText, place) = (0, false, 0)
            while place < bytes.count {
                switch bytes[place] {
                case UInt8(ascii: "\""): isText.toggle()
                case UInt8(ascii: "\\") where isText: place += 1
                case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"): if !isText { marks += 1 }
                default: break
                }
                place += 1
            }
            return marks <= most
        }
    }
}
