// What a parity file is for: damage anywhere, within the redundancy and beyond it.

import FileSystem
import Foundation
import Testing
import Vocabulary

@testable import Parity

@Suite("Damage and its repair")
struct DamageTests {
    static let strengths: [ParityStrength] = [
        .init(redundancy: .low, interlacing: .none), .init(redundancy: .medium, interlacing: .low),
        .init(redundancy: .high, interlacing: .medium), .init(redundancy: .high, interlacing: .high),
    ]

    @Test("a sound file reads as it is, at every strength and many sizes", arguments: strengths)
    func sound(strength: ParityStrength) throws {
        for size in [1, 511, 1024, 1025, 5000, 204_800, 204_801, 700_001] {
            let shop = try ParityWorkshop(size: size, strength)
            #expect(try shop.read() == shop.bytes)
            #expect(try shop.assess() == ParityAssessment())
            #expect(try ParityWorkshop.size(shop.parity) == Int(shop.open().layout.fileSize))
        }
    }

    @Test("a damaged byte in any block is repaired on reading and told by the check")
    func everyBlock() throws {
        let shop = try ParityWorkshop(size: 60_000, .init(redundancy: .low, interlacing: .none))
        for block in 0..<59 {
            let place = block * 1024 + (block * 37) % 600
            try ParityWorkshop.damage(shop.files[0], place..<place + 1)
            #expect(try shop.read() == shop.bytes)
            let range = UInt64(block * 1024)..<UInt64(min(60_000, (block + 1) * 1024))
            #expect(try shop.assess().repairable.ranges == [range])
            try ParityWorkshop.damage(shop.files[0], place..<place + 1)
        }
    }

    @Test("one stretch just within the redundancy is repaired wherever it begins; a longer one is told as lost", arguments: strengths)
    func stretches(strength: ParityStrength) throws {
        let shop = try ParityWorkshop(size: 900_000, strength)
        let layout = try shop.open().layout
        let within = Int(layout.groups * layout.parity - 1) * layout.blockSize
        for start in [0, 1, 333_333, 499_712, 900_000 - within] {
            let range = start..<start + within
            try ParityWorkshop.damage(shop.files[0], range)
            #expect(try shop.read() == shop.bytes, "\(strength) at \(start)")
            #expect(try shop.assess().lost.isEmpty)
            try shop.mend()
        }
        let beyond = within + 2 * layout.blockSize
        try ParityWorkshop.damage(shop.files[0], 0..<beyond)
        let assessment = try shop.assess()
        #expect(!assessment.lost.isEmpty)
        #expect(try shop.read() != shop.bytes)
    }

    @Test("a file cut off at its end within the redundancy is read whole; beyond it, the loss is named")
    func cutOff() throws {
        let shop = try ParityWorkshop(size: 500_000, .init(redundancy: .high, interlacing: .high))
        let layout = try shop.open().layout
        let within = Int(layout.groups * layout.parity - 1) * layout.blockSize
        try Data(shop.bytes.dropLast(within)).write(to: URL(fileURLWithPath: shop.files[0]))
        #expect(try shop.read() == shop.bytes)
        try Data(shop.bytes.dropLast(within + 3 * layout.blockSize)).write(to: URL(fileURLWithPath: shop.files[0]))
        #expect(throws: ProtectedInput.Loss.self) { try shop.read() }
        try Data().write(to: URL(fileURLWithPath: shop.files[0]))
        #expect(throws: ProtectedInput.Loss.self) { try shop.read() }
        let assessment = try shop.assess()
        #expect(assessment.lost.bytes == 500_000)
    }

    @Test("bytes after the end are told and not read")
    func overlong() throws {
        let shop = try ParityWorkshop(size: 10_000, .init(redundancy: .low, interlacing: .none))
        try Data(shop.bytes + [1, 2, 3]).write(to: URL(fileURLWithPath: shop.files[0]))
        #expect(try shop.read() == shop.bytes)
        let assessment = try shop.assess()
        #expect(assessment.overlong == shop.files && !assessment.isSound)
    }

    @Test("a missing or short segment is made again when it is small enough")
    func segments() throws {
        let shop = try ParityWorkshop(size: 400_000, segment: 20_000, .init(redundancy: .high, interlacing: .high))
        for index in [0, 7, 19] {
            try FileManager.default.removeItem(atPath: shop.files[index])
            #expect(try shop.read() == shop.bytes)
            #expect(try shop.assess().repairable.bytes >= 20_000)
            try shop.mend()
        }
        try Data(shop.bytes[40_000..<41_000]).write(to: URL(fileURLWithPath: shop.files[2]))
        #expect(try shop.read() == shop.bytes)
    }

    @Test("random damage in file and parity file: what the check calls repairable is repaired")
    func random() throws {
        var generator = SystemRandomNumberGenerator()
        for round in 0..<12 {
            let strength = DamageTests.strengths[round % 4]
            let shop = try ParityWorkshop(size: 150_000 + round * 1777, strength)
            let parity = try ParityWorkshop.size(shop.parity)
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let place = Int.random(in: 0..<150_000, using: &generator)
                try ParityWorkshop.damage(shop.files[0], place..<place + Int.random(in: 1...700, using: &generator))
            }
            for _ in 0..<Int.random(in: 0...1, using: &generator) {
                let place = Int.random(in: 0..<parity - 64, using: &generator)
                try ParityWorkshop.damage(shop.parity, place..<place + 64)
            }
            let assessment = try shop.assess()
            if assessment.lost.isEmpty { #expect(try shop.read(3000) == shop.bytes, "round \(round)") }
        }
    }
}
