// How long does the page take to answer? https://web.dev/articles/inp
{
  /** The slowest event of each interaction. @type {Map<number, number>} */
  const slowest = new Map();
  /** ms that handlers took, over all events of interactions. */
  let handling = 0;
  const take = (entries) => {
    for (const { interactionId, duration, processingStart, processingEnd } of entries) {
      if (!interactionId) continue;
      handling += processingEnd - processingStart;
      slowest.set(interactionId, Math.max(duration, slowest.get(interactionId) || 0));
    }
  };
  const observer = new PerformanceObserver((list) => take(list.getEntries()));
  observer.observe({ type: "event", durationThreshold: 16, buffered: true });
  window.latency = () => {
    take(observer.takeRecords());
    const sorted = [...slowest.values()].sort((a, b) => b - a);
    return {
      slow: sorted.length,
      handling,
      // One interaction in fifty is left out, as for the 98th percentile; those below 16 ms are not listed.
      inp: sorted[Math.min(sorted.length - 1, Math.floor(performance.interactionCount / 50))] || 16,
    };
  };
}
