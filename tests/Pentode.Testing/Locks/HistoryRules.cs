namespace Pentode.Testing.Locks;

/// <summary>Bounds a history is held against besides those that always hold.</summary>
/// <param name="FairnessSlackNs">A request that was made so much later than another and granted before it has overtaken it; 0 does not look.</param>
/// <param name="LongestWaitNs">No request waits longer; 0 does not look.</param>
public sealed record HistoryRules(long FairnessSlackNs = 0, long LongestWaitNs = 0);
