import FoundationEssentials

/// Untyped JSON, for checks that must see every key.
package indirect enum JSONTree: Decodable, Equatable {
    case object([String: JSONTree])
    case array([JSONTree])
    case text(String)
    case number(Double)
    case bool(Bool)
    case null

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONTree].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    package subscript(_ key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    package subscript(_ index: Int) -> JSONTree? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var text: String? { if case .text(let value) = self { value } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
    package var array: [JSONTree]? { if case .array(let value) = self { value } else { nil } }
    package var keys: Set<String> { if case .object(let members) = self { Set(members.keys) } else { [] } }
}

/// The rules of ATIF v1.8, each reported by name; written from the format's description, independent of the writer.
package struct ATIFRules {
    private var broken: [String] = []

    package static func broken(by document: JSONTree) -> [String] {
        var rules = ATIFRules()
        rules.trajectory(document)
        return rules.broken
    }

    private mutating func expect(_ holds: Bool, _ rule: String) {
        if !holds { broken.append(rule) }
    }

    /// Checks an object's keys: all of `required`, none beyond `allowed`.
    private mutating func keys(_ object: JSONTree, _ place: String, required: Set<String>, optional: Set<String>) {
        expect(required.isSubset(of: object.keys), "\(place) lacks \(required.subtracting(object.keys).sorted())")
        let extra = object.keys.subtracting(required).subtracting(optional)
        expect(extra.isEmpty, "\(place) forbids \(extra.sorted())")
    }

    private mutating func trajectory(_ root: JSONTree) {
        keys(
            root,
            "trajectory",
            required: ["schema_version", "agent", "steps"],
            optional: [
                "session_id", "trajectory_id", "notes", "extra", "final_metrics", "continued_trajectory_ref",
                "subagent_trajectories",
            ]
        )
        expect(root["schema_version"]?.text == "ATIF-v1.8", "schema_version is ATIF-v1.8")
        if let agent = root["agent"] {
            keys(
                agent,
                "agent",
                required: ["name", "version"],
                optional: ["model_name", "tool_definitions", "extra"]
            )
        }
        let steps = root["steps"]?.array ?? []
        expect(!steps.isEmpty, "there is at least one step")
        for (index, step) in steps.enumerated() { self.step(step, id: index + 1) }
        if let metrics = root["final_metrics"] {
            keys(
                metrics,
                "final_metrics",
                required: [],
                optional: [
                    "total_prompt_tokens", "total_completion_tokens", "total_cached_tokens", "total_cost_usd",
                    "total_steps", "extra",
                ]
            )
            if let total = metrics["total_steps"] {
                expect(total.number == Double(steps.count), "total_steps counts the steps")
            }
        }
        let subagents = root["subagent_trajectories"]?.array ?? []
        let ids = subagents.compactMap { $0["trajectory_id"]?.text }
        expect(Set(ids).count == subagents.count, "sub-agents have unique ids")
    }

    private mutating func step(_ step: JSONTree, id: Int) {
        let place = "step \(id)"
        keys(
            step,
            place,
            required: ["step_id", "source", "message"],
            optional: [
                "timestamp", "model_name", "reasoning_effort", "reasoning_content", "tool_calls", "observation",
                "metrics", "llm_call_count", "is_copied_context", "extra",
            ]
        )
        expect(step["step_id"]?.number == Double(id), "\(place): ids run from 1 without gaps")
        let source = step["source"]?.text ?? ""
        expect(["system", "user", "agent"].contains(source), "\(place): source is system, user or agent")
        expect(step["message"]?.text != nil || step["message"]?.array != nil, "\(place): message is text or parts")
        if let time = step["timestamp"] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            expect(time.text.flatMap { try? style.parse($0) } != nil, "\(place): timestamp is ISO-8601")
        }
        let agentOnly: Set = ["model_name", "reasoning_effort", "reasoning_content", "tool_calls", "metrics"]
        expect(source == "agent" || step.keys.isDisjoint(with: agentOnly), "\(place): \(source) has agent's fields")
        if let count = step["llm_call_count"]?.number {
            expect(count >= 0, "\(place): llm_call_count is not negative")
            let modelOnly: Set = ["metrics", "reasoning_content"]
            expect(
                count > 0 || source != "agent" || step.keys.isDisjoint(with: modelOnly),
                "\(place): no metrics without a model call"
            )
        }
        calls(step, place)
    }

    private mutating func calls(_ step: JSONTree, _ place: String) {
        var ids: Set<String> = []
        for call in step["tool_calls"]?.array ?? [] {
            keys(
                call,
                "\(place): tool call",
                required: ["tool_call_id", "function_name", "arguments"],
                optional: ["extra"]
            )
            if case .object = call["arguments"] {} else { broken.append("\(place): arguments are an object") }
            if let id = call["tool_call_id"]?.text { ids.insert(id) }
        }
        guard let observation = step["observation"] else { return }
        keys(observation, "\(place): observation", required: ["results"], optional: [])
        for result in observation["results"]?.array ?? [] {
            keys(
                result,
                "\(place): result",
                required: [],
                optional: ["source_call_id", "content", "subagent_trajectory_ref", "extra"]
            )
            if let id = result["source_call_id"]?.text {
                expect(ids.contains(id), "\(place): source_call_id \(id) is a call of the same step")
            }
        }
    }
}
