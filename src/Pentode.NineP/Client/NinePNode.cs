using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <summary>A fid the server made.</summary>
/// <param name="Fid">Its number; give it back with <see cref="NinePClient.Clunk"/>.</param>
/// <param name="Qid">What it names.</param>
public readonly record struct NinePNode(uint Fid, Qid Qid);
