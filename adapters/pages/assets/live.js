// The roster follows what others do. Without this the link "ricarica" does the same.
(function () {
	"use strict";
	var box = document.getElementById("elenco");
	if (!box || !window.EventSource || !window.fetch) return;
	var shown = box.dataset.posizione, busy = false;
	function inUse() {
		return box.querySelector("input[name=scelta]:checked, details[open]") || box.contains(document.activeElement);
	}
	function renew(place) {
		if (busy) return;
		busy = true;
		fetch(location.href, { credentials: "same-origin" }).then(function (r) { return r.ok ? r.text() : ""; }).then(function (html) {
			busy = false;
			var fresh = html && new DOMParser().parseFromString(html, "text/html").getElementById("elenco");
			if (!fresh || inUse()) return;
			box.replaceChildren.apply(box, Array.prototype.slice.call(fresh.childNodes));
			box.dataset.posizione = shown = fresh.dataset.posizione;
			document.getElementById("novita").hidden = true;
		}, function () { busy = false; });
	}
	var source = new EventSource(box.dataset.novita);
	source.addEventListener("posizione", function (e) {
		if (e.data === shown) return;
		if (inUse()) { document.getElementById("novita").hidden = false; return; }
		renew(e.data);
	});
	window.addEventListener("pagehide", function () { source.close(); });
})();
