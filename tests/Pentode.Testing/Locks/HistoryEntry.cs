using System.Text.Json.Serialization;

namespace Pentode.Testing.Locks;

/// <summary>
/// One request of a lock by one worker, as the checker reads it; written as a line of JSON. Times are CLOCK_BOOTTIME of the one kernel all nodes
/// run on, in nanoseconds.
/// </summary>
/// <param name="Node">The node.</param>
/// <param name="Session">Its session at the grant; empty when refused.</param>
/// <param name="Lock">DOMAIN/NAME.</param>
/// <param name="Exclusive">True for EX, false for PR.</param>
/// <param name="Token">Fencing token of the grant; 0 when refused.</param>
/// <param name="AskedNs">Before the request.</param>
/// <param name="GrantedNs">After the grant was told, or after the refusal.</param>
/// <param name="EndedNs">
/// Released: before the release. Lost: the last moment before a look at the lock that found it held. Everything the worker did with the lock
/// lies between grant and end.
/// </param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ValueRead">First 16 bytes of the value in hexadecimal when it was read.</param>
/// <param name="ValueSuspect">True when the value was marked suspect.</param>
/// <param name="ValueWritten">The same of the value written; each is written once ever.</param>
/// <param name="ValueCommitted">True when the flush of the written value succeeded.</param>
/// <param name="SignalledNs">Lost: when the loss was told (callback), 0 otherwise.</param>
public sealed record HistoryEntry(
    [property: JsonPropertyName("node")] string Node,
    [property: JsonPropertyName("sid")] string Session,
    [property: JsonPropertyName("lock")] string Lock,
    [property: JsonPropertyName("ex")] bool Exclusive,
    [property: JsonPropertyName("token")] ulong Token,
    [property: JsonPropertyName("t_ask")] long AskedNs,
    [property: JsonPropertyName("t_grant")] long GrantedNs,
    [property: JsonPropertyName("t_end")] long EndedNs,
    [property: JsonPropertyName("outcome")] HistoryOutcome Outcome,
    [property: JsonPropertyName("read")] string? ValueRead = null,
    [property: JsonPropertyName("suspect")] bool ValueSuspect = false,
    [property: JsonPropertyName("wrote")] string? ValueWritten = null,
    [property: JsonPropertyName("committed")] bool ValueCommitted = false,
    [property: JsonPropertyName("t_signal")] long SignalledNs = 0);
