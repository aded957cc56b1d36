using Pentode.Nbd.Wire;

namespace Pentode.Tests.Nbd;

/// <summary>One whole reply, in whichever form it came.</summary>
internal sealed record NbdAnswer(ulong Cookie, NbdError Error, byte[] Data, (uint Length, uint Status)[] Extents, bool IsChunked, string Text = "");
