import Foundation
import XCTest

@testable import Fakelens

final class ContractTests: XCTestCase {
    private let text = """
        {"name": "photo", "description": "what", "limits": "not", "labels": ["real", "fake"], "schema": 1,
         "input": {"size": 64, "fit": "tiles", "tiles": 24, "pool": "top"},
         "decision": {"threshold": 0.83, "unsure_low": 1, "unsure_high": 0.0},
         "training": {"seed": 0}, "measured": [], "graph_sha256": "00"}
        """

    func testWhatAnAppNeedsIsRead() throws {
        let contract = try parseContract(Data(text.utf8))
        XCTAssertEqual(contract.input, InputSpec(size: 64, fit: .tiles, tiles: 24, pool: .top))
        XCTAssertEqual(contract.decision, Decision(threshold: 0.83, unsureLow: 1, unsureHigh: 0))
        XCTAssertEqual([contract.name, contract.description, contract.limits], ["photo", "what", "not"])
    }

    func testAnythingThatCouldChangeTheAnswerIsRefusedByName() {
        let changes: [(String, String, String)] = [
            ("\"schema\": 1", "\"schema\": 3", "schema"),
            ("[\"real\", \"fake\"]", "[\"fake\", \"real\"]", "labels"),
            ("\"size\": 64", "\"size\": 0", "input.size"),
            ("\"fit\": \"tiles\"", "\"fit\": \"crop\"", "fit"),
            ("\"tiles\": 24", "\"tiles\": 2000", "input.tiles"),
            ("\"pool\": \"top\"", "\"pool\": \"max\"", "pool"),
            ("\"threshold\": 0.83", "\"threshold\": 1.5", "decision.threshold"),
            ("\"unsure_low\": 1", "\"unsure_low\": \"x\"", "unsure_low"),
            ("\"size\": 64,", "\"size\": 64, \"gamma\": 2,", "input.gamma"),
            ("\"input\"", "\"inputs\"", "input"),
        ]
        for (old, new, name) in changes {
            XCTAssertTrue(text.contains(old), old)
            let broken = text.replacingOccurrences(of: old, with: new)
            XCTAssertThrowsError(try parseContract(Data(broken.utf8)), new) { error in
                XCTAssertTrue(error.localizedDescription.contains(name), "\(error) names \(name)")
            }
        }
        XCTAssertThrowsError(try parseContract(Data("not JSON".utf8)))
    }

    func testTheShippedContractIsRead() throws {
        XCTAssertNotNil(Kit.model)
        XCTAssertFalse(try Kit.readContract().name.isEmpty)
    }
}
