// The code itself: Cauchy coefficients over GF(2^8), computed by ISA-L with the vector units that the processor has.

import CIsal

/// Parity rows for groups of at most `data` blocks. Belongs to one thread.
final class ReedSolomon {
    let data: Int
    let parity: Int
    let blockSize: Int
    /// Coefficients, `parity` rows of `data`.
    private let rows: [UInt8]
    /// ISA-L's expansion of `rows`.
    private var tables: [UInt8]

    /// - Parameters: `data` + `parity` is at most 255.
    init(data: Int, parity: Int, blockSize: Int) {
        precondition(data >= 1 && parity >= 1 && data + parity <= 255, "the code has 255 blocks at most")
        self.data = data
        self.parity = parity
        self.blockSize = blockSize
        var matrix = [UInt8](repeating: 0, count: (data + parity) * data)
        gf_gen_cauchy1_matrix(&matrix, Int32(data + parity), Int32(data))
        rows = Array(matrix[(data * data)...])
        tables = [UInt8](repeating: 0, count: 32 * data * parity)
        var coefficients = rows
        ec_init_tables(Int32(data), Int32(parity), &coefficients, &tables)
    }

    /// Adds member `index` of a group to its parity blocks, which lie one after the other and begin as zeros.
    func add(_ block: UnsafeMutablePointer<UInt8>, member index: Int, to blocks: UnsafeMutablePointer<UInt8>) {
        var coding = (0..<parity).map { Optional(blocks + $0 * blockSize) }
        ec_encode_data_update(Int32(blockSize), Int32(data), Int32(parity), Int32(index), &tables, block, &coding)
    }

    /// Computes lost members.
    /// - Parameters:
    ///   - lost: members; as many `rows` of sound parity.
    ///   - sums: for each row of the code, one after the other, the parity of the members that are there plus the parity block: what
    ///     the lost members contribute.
    /// - Returns: the blocks, in the order of `lost`.
    func solve(lost: [Int], with chosen: [Int], sums: UnsafeMutablePointer<UInt8>) -> [[UInt8]]? {
        let count = lost.count
        precondition(count == chosen.count, "as many equations as unknowns")
        var matrix: [UInt8] = []
        for row in chosen { for member in lost { matrix.append(rows[row * data + member]) } }
        var inverse = [UInt8](repeating: 0, count: count * count)
        guard gf_invert_matrix(&matrix, &inverse, Int32(count)) == 0 else { return nil }
        var expansion = [UInt8](repeating: 0, count: 32 * count * count)
        ec_init_tables(Int32(count), Int32(count), &inverse, &expansion)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count * blockSize)
        defer { memory.deallocate() }
        var sources = chosen.map { Optional(sums + $0 * blockSize) }
        var targets = (0..<count).map { Optional(memory + $0 * blockSize) }
        ec_encode_data(Int32(blockSize), Int32(count), Int32(count), &expansion, &sources, &targets)
        return (0..<count).map { Array(UnsafeBufferPointer(start: memory + $0 * blockSize, count: blockSize)) }
    }

    /// Adds (exclusive or) a block to another.
    static func add(_ block: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<UInt8>) {
        let words = UnsafeMutableRawPointer(target)
        for offset in stride(from: 0, to: block.count, by: 8) {
            let sum = words.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ block.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            words.storeBytes(of: sum, toByteOffset: offset, as: UInt64.self)
        }
    }
}
