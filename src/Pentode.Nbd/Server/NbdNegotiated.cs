using Pentode.Blocks;

namespace Pentode.Nbd.Server;

/// <summary>What the handshake settled.</summary>
internal sealed record NbdNegotiated(BlockExport Export, bool IsStructured, bool HasAllocationContext);
