using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>A completion on its way to its client.</summary>
/// <param name="Record">The record; payload fields are set when it is written.</param>
/// <param name="Block">Memory the payload lies in; goes back when it is written.</param>
/// <param name="PayloadAt">Where in it.</param>
/// <param name="PayloadLength">Bytes.</param>
/// <param name="ReturnsCredit">The last one of its operation.</param>
internal readonly record struct EngineReady(RingsCompletionRecord Record, EngineBlock Block, int PayloadAt, int PayloadLength, bool ReturnsCredit);
