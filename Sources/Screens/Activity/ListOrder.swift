// From rows of the screen to places among the matches, and back.

import Engine

/// The order of an operations list.
enum ListOrder: Sendable, Equatable {
    case byOperation(isDescending: Bool)
    /// By another column: the places in their order. Only lists that are short enough are sorted so.
    case sorted(OperationColumn, isDescending: Bool, [Int])

    /// The longest list that is sorted by another column than the operation.
    static let limit = 10_000

    func place(at index: Int, in places: Range<Int>) -> Int? {
        switch self {
        case .byOperation(let isDescending):
            let place = isDescending ? places.upperBound - 1 - index : places.lowerBound + index
            return places.contains(place) ? place : nil
        case .sorted(_, _, let order): return order.indices.contains(index) ? order[index] : nil
        }
    }

    func index(of place: Int, in places: Range<Int>) -> Int? {
        switch self {
        case .byOperation(let isDescending):
            guard places.contains(place) else { return nil }
            return isDescending ? places.upperBound - 1 - place : place - places.lowerBound
        case .sorted(_, _, let order): return order.firstIndex(of: place)
        }
    }

    func count(_ places: Range<Int>) -> Int {
        if case .sorted(_, _, let order) = self { order.count } else { places.count }
    }
}
