namespace Pentode.Rings.Server.V2;

/// <summary>What one client of protocol 2 may hold.</summary>
/// <param name="Credits">Operations under way.</param>
/// <param name="Files">Descriptors; at most 4094.</param>
/// <param name="Regions">Regions; at most 30.</param>
/// <param name="RegionBytes">Bytes of them together.</param>
/// <param name="Holdings">What all clients hold together.</param>
internal sealed record EngineLimits(int Credits, int Files, int Regions, ulong RegionBytes, RingsHoldings Holdings);
