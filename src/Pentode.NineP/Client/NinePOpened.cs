using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <summary>Answer to Tlopen and Tlcreate.</summary>
/// <param name="Qid">The open file.</param>
/// <param name="IoUnit">Most bytes of one Tread or Twrite, never 0: what the server said or what msize allows, whichever is less.</param>
public readonly record struct NinePOpened(Qid Qid, int IoUnit);
